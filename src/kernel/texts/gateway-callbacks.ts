/** Spoken ones (`voice.…`, `callback.spoken-…`) are for callers: warm, plain, "Sie"; the others for operators. */
export const gatewayCallbacksTexts = {
  "callback.spoken-today": { de: "heute", en: "today" },
  "callback.spoken-tomorrow": { de: "morgen", en: "tomorrow" },
  "callback.spoken-on": { de: "am {date}", en: "on {date}" },
  "callback.spoken-hour": { de: "{hour} Uhr", en: "{hour}:00" },
  "callback.spoken-time": { de: "{hour} Uhr {minute}", en: "{hour}:{minute}" },
  "callback.spoken-until": { de: "{day} bis {until}", en: "{day} by {until}" },
  "callback.spoken-window": { de: "{day} ab {from}, spätestens bis {until}", en: "{day} from {from}, at the latest by {until}" },

  "voice.promise": {
    de: "Guten Tag, hier ist {company}. Unser Telefonassistent ist gerade gestört. Wir rufen Sie {when} unter dieser Nummer zurück. Das ist schon notiert, Sie können jetzt auflegen.",
    en: "Hello, this is {company}. Our telephone assistant is out of order at the moment. We will call you back on this number {when}. That is noted already, you may hang up now.",
  },
  "voice.promise-again": {
    de: "Guten Tag, hier ist {company}. Ihr Rückruf ist schon notiert: Wir rufen Sie {when} zurück. Sie können jetzt auflegen.",
    en: "Hello, this is {company}. Your callback is noted already: we will call you back {when}. You may hang up now.",
  },
  "voice.ask-wish": {
    de: "Oder sagen Sie uns jetzt Ihren Namen und Ihren Wunsch. Für eine Sprachnachricht drücken Sie die 1. Wenn Sie keinen Rückruf möchten, drücken Sie die 9.",
    en: "Or tell us your name and what we can do for you now. To leave a voice message, press 1. If you do not want to be called back, press 9.",
  },
  "voice.offer-emergency": { de: "In dringenden Fällen drücken Sie die 2.", en: "If it is urgent, press 2." },
  "voice.connecting": { de: "Wir verbinden Sie.", en: "We are connecting you." },
  "voice.not-connected": {
    de: "Dort ist gerade niemand zu erreichen. Ihr Rückruf bleibt notiert. Auf Wiederhören.",
    en: "Nobody can be reached there at the moment. Your callback stays noted. Goodbye.",
  },
  "voice.wish-noted": {
    de: "Danke, das haben wir notiert. Wir rufen Sie {when} zurück. Auf Wiederhören.",
    en: "Thank you, we have noted that. We will call you back {when}. Goodbye.",
  },
  "voice.goodbye": {
    de: "Wir rufen Sie {when} zurück. Auf Wiederhören.",
    en: "We will call you back {when}. Goodbye.",
  },
  "voice.withdrawn": {
    de: "In Ordnung, wir rufen Sie nicht zurück. Auf Wiederhören.",
    en: "All right, we will not call you back. Goodbye.",
  },
  "voice.ask-consent": {
    de: "Ihre Nachricht wird aufgezeichnet, damit wir sie abhören können. Sind Sie damit einverstanden? Drücken Sie die 1 oder sagen Sie Ja.",
    en: "Your message will be recorded so that we can listen to it. Do you agree? Press 1 or say yes.",
  },
  "voice.no-consent": {
    de: "Gut, wir nehmen nichts auf. Ihr Rückruf bleibt notiert. Auf Wiederhören.",
    en: "All right, we record nothing. Your callback stays noted. Goodbye.",
  },
  "voice.record-now": {
    de: "Bitte sprechen Sie nach dem Ton und schließen Sie mit der Raute-Taste ab.",
    en: "Please speak after the tone and end with the hash key.",
  },
  "voice.ask-number": {
    de: "Guten Tag, hier ist {company}. Unser Telefonassistent ist gerade gestört, und Ihre Rufnummer ist unterdrückt. Damit wir Sie zurückrufen können, geben Sie Ihre Nummer mit Vorwahl über die Tasten ein und schließen Sie mit der Raute-Taste ab. Sie können die Nummer auch sprechen.",
    en: "Hello, this is {company}. Our telephone assistant is out of order at the moment, and your number is withheld. So that we can call you back, please enter your number with its area code and end with the hash key. You may also say it.",
  },
  "voice.ask-number-again": {
    de: "Diese Nummer können wir nicht anrufen. Bitte geben Sie sie noch einmal ein, mit Vorwahl, und schließen Sie mit der Raute-Taste ab.",
    en: "We cannot call that number. Please enter it once more, with its area code, and end with the hash key.",
  },
  "voice.no-number": {
    de: "Ohne Ihre Nummer können wir Sie leider nicht zurückrufen. Bitte rufen Sie uns später noch einmal an. Auf Wiederhören.",
    en: "Without your number we are sorry that we cannot call you back. Please call us again later. Goodbye.",
  },
  "voice.unknown-number": {
    de: "Guten Tag. Diese Rufnummer ist bei uns nicht eingerichtet, wir können Ihren Anruf daher nicht annehmen. Auf Wiederhören.",
    en: "Hello. This number is not set up with us, so we cannot take your call. Goodbye.",
  },
  "voice.cannot-take": {
    de: "Guten Tag. Wir können Ihren Anruf gerade nicht annehmen. Bitte rufen Sie in einigen Minuten noch einmal an. Auf Wiederhören.",
    en: "Hello. We cannot take your call at the moment. Please call again in a few minutes. Goodbye.",
  },

  "voice.retell-not-answering": {
    de: "Retell hat einen Anruf nicht angenommen ({status})",
    en: "Retell did not take a call ({status})",
  },
  "voice.retell-not-answering-next": {
    de: "https://status.retellai.com ansehen; Anrufer bekommen inzwischen einen Rückruf zugesagt",
    en: "Look at https://status.retellai.com; meanwhile callers are promised a callback",
  },

  "twilio.refused": { de: "Twilio lehnt ab ({status}, Fehler {code}): {reason}", en: "Twilio refuses ({status}, error {code}): {reason}" },
  "twilio.refused-next": {
    de: "gateway.twilio in ampel.yaml prüfen; Fehlercodes: https://www.twilio.com/docs/api/errors/{code}",
    en: "Check gateway.twilio in ampel.yaml; error codes: https://www.twilio.com/docs/api/errors/{code}",
  },
  "twilio.voice-url-void": {
    de: "Die Nummer {number} hängt bei Twilio an {owner}; solange das so ist, gilt ihre VoiceUrl nicht",
    en: "The number {number} belongs to {owner} at Twilio; while it does, its VoiceUrl counts for nothing",
  },
  "twilio.voice-url-void-next": {
    de: "In der Twilio-Konsole die Nummer von {owner} lösen, dann den Befehl wiederholen",
    en: "Release the number from {owner} in Twilio's console, then run the command again",
  },
  "twilio.fallback-alone": {
    de: "Twilio nimmt eine VoiceFallbackUrl nur zusammen mit einer VoiceUrl",
    en: "Twilio takes a VoiceFallbackUrl only together with a VoiceUrl",
  },
  "twilio.not-configured": {
    de: "Kein Zugang zu Twilio: accountSid und tokens fehlen unter gateway.twilio",
    en: "No access to Twilio: accountSid and tokens are missing under gateway.twilio",
  },

  "callback.check-none": { de: "Kein Rückruf wartet", en: "No callback is waiting" },
  "callback.check-waiting": {
    de: "Wartende Rückrufe: {waiting}, der nächste ist bis {next} versprochen",
    en: "Waiting callbacks: {waiting}, the next is promised by {next}",
  },
  "callback.check-half": {
    de: "Rückrufe, deren halbe Zeit um ist: {half} von {waiting}",
    en: "Callbacks that have used up half of their time: {half} of {waiting}",
  },
  "callback.check-breaking": {
    de: "Zugesagte Rückrufe, die gleich zu spät sind: {breaking}, schon zu spät: {broken}. Von Hand anrufen: ampel callback:list --full",
    en: "Promised callbacks about to be late: {breaking}, late already: {broken}. Call them by hand: ampel callback:list --full",
  },
  "callback.check-unknown": {
    de: "Rückrufe, bei denen unklar ist, ob schon angerufen wurde: {count}. ampel callback:list ansehen",
    en: "Callbacks of which it is unclear whether the call went out: {count}. See ampel callback:list",
  },

  "command.retell-queue-mode": {
    de: "Anrufe nicht an Retell geben, sondern Rückrufe versprechen; --off beendet es",
    en: "Give no calls to Retell and promise callbacks instead; --off ends it",
  },
  "command.callback-list": { de: "Wartende Rückrufe und ihre Zusagen", en: "Waiting callbacks and what was promised" },
  "command.callback-cancel": { de: "Einen Rückruf absagen, mit Grund", en: "Cancel a callback, with a reason" },
  "command.callback-done": { de: "Ein Mensch hat zurückgerufen", en: "A person has called back" },
  "command.callback-retry": {
    de: "Einen unklaren Rückruf wieder freigeben, nachdem ein Mensch nachgesehen hat",
    en: "Release an unclear callback again, after a person has looked",
  },
  "option.queue-mode-for": { de: "Wie lange, höchstens 24h; sonst 2h", en: "How long, 24h at most; otherwise 2h" },
  "option.queue-mode-off": { de: "Warteschlange beenden: Anrufe gehen wieder an Retell", en: "End the queue: calls go to Retell again" },
  "option.callback-all": { de: "Auch beendete der letzten 24 Stunden", en: "Also those that ended in the last 24 hours" },
  "option.callback-company": { de: "Nur diese Firma", en: "This company only" },
  "option.callback-full": { de: "Rufnummern, Namen und Wünsche ungekürzt zeigen", en: "Show numbers, names and wishes in full" },

  "queue-mode.details": {
    de: "Sagt für jede Rufnummer, ob ihre Anrufe überhaupt zu uns kommen: wo nicht, ändert der Schalter nichts. Verloren geht nichts: wer schon auf einen Rückruf wartet, wartet weiter.",
    en: "Says for each number whether its calls come to us at all: where they do not, the switch changes nothing. Nothing is lost: whoever waits for a callback goes on waiting.",
  },
  "queue-mode.on": {
    de: "Warteschlange an bis {until}: Anrufer hören eine Ansage und werden zurückgerufen, Retell bekommt keine Anrufe",
    en: "Queue on until {until}: callers hear an announcement and are called back, Retell gets no calls",
  },
  "queue-mode.would-be-on": { de: "Würde eingeschaltet bis {until}", en: "Would be on until {until}" },
  "queue-mode.off": {
    de: "Warteschlange aus: Anrufe gehen wieder an Retell. Wartende Rückrufe: {waiting}, gewählt werden {perHour} je Stunde",
    en: "Queue off: calls go to Retell again. Waiting callbacks: {waiting}, dialled at {perHour} per hour",
  },
  "queue-mode.would-be-off": { de: "Würde ausgeschaltet. Wartende Rückrufe: {waiting}", en: "Would be off. Waiting callbacks: {waiting}" },
  "queue-mode.was-off": { de: "Die Warteschlange war nicht an", en: "The queue was not on" },
  "queue-mode.not-read-back": {
    de: "Der Schalter {key} steht nach dem Schreiben nicht so da wie verlangt",
    en: "The switch {key} does not read as it was written",
  },
  "queue-mode.not-read-back-next": {
    de: "ampel config:list ansehen und den Befehl wiederholen",
    en: "See ampel config:list and run the command again",
  },
  "queue-mode.promise-now": {
    de: "Wer jetzt bei {company} anruft, wird {when} zurückgerufen",
    en: "Whoever calls {company} now is called back {when}",
  },
  "queue-mode.waiting": { de: "Wartende Rückrufe: {waiting}", en: "Waiting callbacks: {waiting}" },
  "queue-mode.waiting-unknown": {
    de: "Wie viele Rückrufe warten, ist ohne Speicher nicht zu sehen",
    en: "Without the store it cannot be seen how many callbacks are waiting",
  },
  "queue-mode.ends": {
    de: "Endet von selbst; früher mit: ampel retell:enable-queue-mode --off",
    en: "Ends by itself; earlier with: ampel retell:enable-queue-mode --off",
  },
  "queue-mode.number-reaches": { de: "✓ {number} ({company}): Anrufe kommen zu uns", en: "✓ {number} ({company}): calls come to us" },
  "queue-mode.number-no-fallback": {
    de: "! {number} ({company}): Anrufe kommen zu uns, aber keine VoiceFallbackUrl fängt sie, wenn wir ausfallen",
    en: "! {number} ({company}): calls come to us, but no VoiceFallbackUrl catches them when we are down",
  },
  "queue-mode.number-elsewhere": {
    de: "✗ {number} ({company}): Anrufe gehen nach {target}, nicht zu uns. Von Hand: VoiceUrl auf {ours} setzen",
    en: "✗ {number} ({company}): calls go to {target}, not to us. By hand: set its VoiceUrl to {ours}",
  },
  "queue-mode.number-owned": {
    de: "✗ {number} ({company}): hängt an {owner}, die VoiceUrl gilt nicht. Von Hand: in der Twilio-Konsole davon lösen",
    en: "✗ {number} ({company}): belongs to {owner}, its VoiceUrl counts for nothing. By hand: release it in Twilio's console",
  },
  "queue-mode.number-not-ours": {
    de: "✗ {number} ({company}): liegt nicht bei unserem Anbieter; fällt Retell aus, kommen diese Anrufe nicht zu uns. Portieren oder Rufumleitung einrichten",
    en: "✗ {number} ({company}): is not with our carrier; when Retell is down these calls do not reach us. Port it or set up forwarding",
  },
  "queue-mode.number-unknown": {
    de: "? {number} ({company}): konnte nicht geprüft werden ({reason})",
    en: "? {number} ({company}): could not be checked ({reason})",
  },
  "queue-mode.no-numbers": { de: "Keine Rufnummer ist eingetragen", en: "No telephone number is known" },
  "queue-mode.unreached": {
    de: "{count} von {total} Nummern erreichen uns nicht: dort hilft die Warteschlange nicht",
    en: "{count} of {total} numbers do not reach us: the queue is no help there",
  },

  "callback.line": {
    de: "{id} ({company}) {phone}: bis {until}, {state}, Versuche {attempts}{more}",
    en: "{id} ({company}) {phone}: by {until}, {state}, attempts {attempts}{more}",
  },
  "callback.figures": {
    de: "Zusagen der letzten 24 Stunden: {kept} gehalten, {broken} gebrochen",
    en: "Promises of the last 24 hours: {kept} kept, {broken} broken",
  },
  "callback.none": { de: "Kein Rückruf wartet", en: "No callback is waiting" },
  "callback.cancelled": { de: "Rückruf {id} ist abgesagt", en: "Callback {id} is cancelled" },
  "callback.would-cancel": { de: "Rückruf {id} würde abgesagt", en: "Callback {id} would be cancelled" },
  "callback.done": { de: "Rückruf {id} ist erledigt", en: "Callback {id} is done" },
  "callback.would-be-done": { de: "Rückruf {id} würde als erledigt vermerkt", en: "Callback {id} would be marked as done" },
  "callback.released": { de: "Rückruf {id} wird wieder gewählt", en: "Callback {id} is dialled again" },
  "callback.would-release": { de: "Rückruf {id} würde wieder gewählt", en: "Callback {id} would be dialled again" },
  "callback.unknown": { de: "Es gibt keinen Rückruf {id}", en: "There is no callback {id}" },
  "callback.unknown-next": { de: "ampel callback:list zeigt die wartenden", en: "ampel callback:list shows those that wait" },
  "callback.not-open": { de: "Rückruf {id} ist schon beendet ({state})", en: "Callback {id} has ended already ({state})" },
  "callback.not-unclear": {
    de: "Rückruf {id} ist nicht unklar ({state}), er wird ohnehin gewählt",
    en: "Callback {id} is not unclear ({state}), it is dialled anyway",
  },
  "callback.being-dialled": {
    de: "Rückruf {id} wird gerade gewählt; das Gespräch lässt sich nicht zurückholen",
    en: "Callback {id} is being dialled; the call cannot be taken back",
  },
  "callback.being-dialled-next": {
    de: "Warten, bis der Anruf zu Ende ist: ampel callback:list",
    en: "Wait until the call has ended: ampel callback:list",
  },
  "callback.store-needed": {
    de: "Rückrufe stehen im Speicher, und der ist nicht erreichbar",
    en: "Callbacks are in the store, and it cannot be reached",
  },
  "callback.store-needed-next": {
    de: "Den Speicher wieder starten; neue Wünsche werden inzwischen in der Ablage gehalten",
    en: "Start the store again; new wishes are kept in the spool meanwhile",
  },
} as const;
