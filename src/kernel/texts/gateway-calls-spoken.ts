/** What callers hear: warm, plain, "Sie". Nothing here may say more than is so. Keys begin with `calls.say-`. */
export const spokenTexts = {
  "calls.say-moment": { de: "{day} um {time}", en: "{day} at {time}" },
  "calls.say-span": { de: "von {from} bis {to}", en: "from {from} to {to}" },
  "calls.say-or": { de: "{first} oder {last}", en: "{first} or {last}" },
  "calls.say-closed-day": { de: "geschlossen", en: "closed" },
  "calls.say-hours-unknown": {
    de: "Die Öffnungszeiten habe ich leider nicht vorliegen.",
    en: "I am sorry, I do not have the opening hours.",
  },
  "calls.say-hours-on": { de: "{day}: {hours}.", en: "{day}: {hours}." },
  "calls.say-closed-now": {
    de: "{text} Im Moment ist geschlossen, das nächste Mal geöffnet: {opens}.",
    en: "{text} It is closed right now, open again: {opens}.",
  },
  "calls.say-fallback-mode": {
    de: "Termine kann ich im Moment nur vormerken. Die Bestätigung folgt, sobald unser Kalender wieder erreichbar ist.",
    en: "I can only note appointments at the moment. The confirmation follows as soon as our calendar is back.",
  },
  "calls.say-now": { de: "Heute ist {day}, es ist {time}.", en: "Today is {day}, it is {time}." },
  "calls.say-which-date": { de: "Für welchen Tag wünschen Sie den Termin?", en: "Which day would you like?" },
  "calls.say-which-time": { de: "Um wie viel Uhr passt es Ihnen?", en: "What time suits you?" },
  "calls.say-which-name": { de: "Auf welchen Namen darf ich den Termin eintragen?", en: "Under which name may I book?" },
  "calls.say-which-phone": {
    de: "Unter welcher Telefonnummer erreichen wir Sie?",
    en: "On which telephone number can we reach you?",
  },
  "calls.say-which-day": { de: "Meinen Sie {first} oder {second}?", en: "Do you mean {first} or {second}?" },
  "calls.say-unclear-day": {
    de: "Den Tag habe ich nicht verstanden. Können Sie mir bitte das Datum nennen?",
    en: "I did not understand the day. Could you tell me the date, please?",
  },
  "calls.say-past-date": {
    de: "Dieser Tag liegt in der Vergangenheit. Heute ist {today}. Welcher Tag darf es sein?",
    en: "That day is in the past. Today is {today}. Which day would you like?",
  },
  "calls.say-past-moment": {
    de: "Dieser Zeitpunkt ist schon vorbei, jetzt ist {moment}. Wann passt es Ihnen?",
    en: "That time has already passed, it is now {moment}. When would suit you?",
  },
  "calls.say-past-time": {
    de: "Diese Uhrzeit ist schon vorbei. Frei wäre noch {times}.",
    en: "That time has already passed. Still free: {times}.",
  },
  "calls.say-which-service": { de: "Welche Leistung wünschen Sie: {names}?", en: "Which service would you like: {names}?" },
  "calls.say-unknown-service": {
    de: "„{wanted}“ finde ich bei uns nicht. Wir bieten an: {names}.",
    en: "I cannot find “{wanted}” here. We offer: {names}.",
  },
  "calls.say-no-services": {
    de: "Dafür kann ich hier leider keine Termine vergeben. Soll Sie jemand zurückrufen?",
    en: "I am sorry, I cannot make appointments here. Shall somebody call you back?",
  },
  "calls.say-services": { de: "Wir bieten an: {names}.", en: "We offer: {names}." },
  "calls.say-as-of": { de: "Nach meinem Stand von {time}: {text}", en: "As of {time}: {text}" },
  "calls.say-nothing-free": {
    de: "In den nächsten Tagen ist dafür leider nichts frei. Soll Sie jemand zurückrufen?",
    en: "I am sorry, nothing is free in the next days. Shall somebody call you back?",
  },
  "calls.say-free-next": { de: "Frei wäre {times}.", en: "Free times are {times}." },
  "calls.say-free-exact": { de: "{moment} ist frei. Soll ich das eintragen?", en: "{moment} is free. Shall I book it?" },
  "calls.say-not-free": { de: "{moment} ist leider nicht frei. Frei wäre {times}.", en: "{moment} is not free. Free times are {times}." },
  "calls.say-free-on": { de: "{day} ist frei um {times}.", en: "Free on {day}: {times}." },
  "calls.say-free-other-time": {
    de: "{day} ist zu dieser Tageszeit nichts frei, aber um {times}.",
    en: "Nothing is free at that time on {day}, but there is {times}.",
  },
  "calls.say-day-full": {
    de: "{day} ist leider nichts mehr frei. Frei wäre {times}.",
    en: "Nothing is left on {day}. Free times are {times}.",
  },
  "calls.say-booked-confirmed": { de: "Ihr Termin am {moment} ist fest eingetragen.", en: "Your appointment on {moment} is booked." },
  "calls.say-booked-provisional": {
    de: "Ich habe {moment} für Sie vorgemerkt. Fest ist der Termin noch nicht: Wir bestätigen ihn, sobald unser Kalender wieder erreichbar ist, oder melden uns bei Ihnen.",
    en: "I have noted {moment} for you. It is not confirmed yet: we will confirm it as soon as our calendar is back, or get in touch with you.",
  },
  "calls.say-moved-confirmed": { de: "Ihr Termin ist verlegt auf {moment}.", en: "Your appointment has been moved to {moment}." },
  "calls.say-moved-provisional": {
    de: "Ich habe Ihren Wunsch notiert, den Termin auf {moment} zu verlegen. Fest ist das noch nicht: Bis wir es bestätigen, gilt der alte Termin.",
    en: "I have noted your wish to move the appointment to {moment}. It is not confirmed yet: until we confirm it, the old one stands.",
  },
  "calls.say-taken": {
    de: "Dieser Termin ist gerade vergeben worden. Haben Sie noch einen anderen Wunsch?",
    en: "That time has just been taken. Would another time suit you?",
  },
  "calls.say-taken-others": {
    de: "Dieser Termin ist gerade vergeben worden. Frei wäre noch {times}.",
    en: "That time has just been taken. Still free: {times}.",
  },
  "calls.say-refused-past-date": {
    de: "Dieser Zeitpunkt ist schon vorbei. Wann passt es Ihnen?",
    en: "That time has passed. When would suit you?",
  },
  "calls.say-refused-unknown-service": {
    de: "Diese Leistung kann ich leider nicht eintragen. Soll Sie jemand zurückrufen?",
    en: "I am sorry, I cannot book that service. Shall somebody call you back?",
  },
  "calls.say-refused-unknown-appointment": {
    de: "Diesen Termin finde ich leider nicht. Soll Sie jemand zurückrufen?",
    en: "I am sorry, I cannot find that appointment. Shall somebody call you back?",
  },
  "calls.say-refused-not-changeable": {
    de: "Diesen Termin kann ich leider nicht mehr ändern. Soll Sie jemand zurückrufen?",
    en: "I am sorry, I can no longer change that appointment. Shall somebody call you back?",
  },
  "calls.say-cancelled": { de: "Ihr Termin am {moment} ist abgesagt.", en: "Your appointment on {moment} is cancelled." },
  "calls.say-cancelling": {
    de: "Ihre Absage für {moment} ist notiert. Sie wird eingetragen, sobald unser Kalender wieder erreichbar ist.",
    en: "Your cancellation for {moment} is noted. It will be entered as soon as our calendar is back.",
  },
  "calls.say-your-appointment": { de: "Ihr nächster Termin ist {moment}.", en: "Your next appointment is {moment}." },
  "calls.say-your-provisional": {
    de: "Für Sie ist {moment} vorgemerkt, aber noch nicht bestätigt.",
    en: "{moment} is noted for you, but not confirmed yet.",
  },
  "calls.say-your-appointments": { de: "Ich sehe {count} Termine: {times}.", en: "I can see {count} appointments: {times}." },
  "calls.say-which-appointment": { de: "Welchen Termin meinen Sie: {times}?", en: "Which appointment do you mean: {times}?" },
  "calls.say-no-appointment": {
    de: "Unter Ihrer Telefonnummer finde ich keinen Termin.",
    en: "I cannot find an appointment under your telephone number.",
  },
  "calls.say-number-withheld": {
    de: "Ihre Nummer ist unterdrückt, deshalb kann ich Ihre Termine nicht ansehen. Soll Sie jemand zurückrufen?",
    en: "Your number is withheld, so I cannot look at your appointments. Shall somebody call you back?",
  },
  "calls.say-customer-known": { de: "Die Nummer gehört zu {name}.", en: "The number belongs to {name}." },
  "calls.say-customer-unknown": { de: "Diese Nummer ist uns noch nicht bekannt.", en: "We do not know this number yet." },
  "calls.say-callback-today": { de: "Wir rufen Sie heute bis {time} zurück.", en: "We will call you back today by {time}." },
  "calls.say-callback-by": { de: "Wir rufen Sie zurück, spätestens {moment}.", en: "We will call you back, {moment} at the latest." },
  "calls.say-callback-failed": {
    de: "Einen Rückruf kann ich gerade leider nicht notieren. Bitte rufen Sie uns später noch einmal an.",
    en: "I am sorry, I cannot note a callback right now. Please call us again later.",
  },
  "calls.say-callback-offer": { de: "Soll Sie jemand zurückrufen?", en: "Shall somebody call you back?" },
  "calls.say-cannot-look": {
    de: "Das kann ich im Moment leider nicht nachsehen.",
    en: "I am sorry, I cannot look that up at the moment.",
  },
  "calls.say-booking-unclear": {
    de: "Ich kann Ihnen den Termin im Moment leider nicht bestätigen. Bitte gehen Sie davon aus, dass er noch nicht gebucht ist.",
    en: "I am sorry, I cannot confirm the appointment at the moment. Please assume that it is not booked yet.",
  },
  "calls.say-change-failed": {
    de: "Das kann ich im Moment leider nicht ändern. Bis Sie von uns hören, gilt der bisherige Termin.",
    en: "I am sorry, I cannot change that at the moment. Until you hear from us, the appointment stands.",
  },
  "calls.say-not-possible": {
    de: "Das kann ich im Moment leider nicht eintragen. Soll Sie jemand zurückrufen?",
    en: "I am sorry, I cannot enter that at the moment. Shall somebody call you back?",
  },
  "calls.say-unknown-function": {
    de: "Das kann ich leider nicht für Sie erledigen. Soll Sie jemand zurückrufen?",
    en: "I am sorry, I cannot do that for you. Shall somebody call you back?",
  },
  "calls.say-unknown-company": {
    de: "Das kann ich im Moment leider nicht nachsehen. Bitte rufen Sie später noch einmal an.",
    en: "I am sorry, I cannot look that up at the moment. Please call again later.",
  },
  "calls.sentences": { de: "{first} {second}", en: "{first} {second}" },
  // For the person who calls back.
  "calls.wish-unclear": {
    de: "Anliegen am Telefon: {act} ({wished}). Stand unklar: vor dem Rückruf im Kalender nachsehen.",
    en: "Asked on the phone: {act} ({wished}). State unclear: look into the calendar before calling.",
  },
} as const;
