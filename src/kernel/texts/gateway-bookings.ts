/** Cal.com, appointments, and what a human has to decide about them. */
export const gatewayBookingsTexts = {
  "calcom.taken": { de: "Cal.com: die Zeit ist vergeben ({status})", en: "Cal.com: the time is taken ({status})" },
  "calcom.refused": { de: "Cal.com lehnt die Anfrage ab ({status})", en: "Cal.com refuses the request ({status})" },
  "calcom.not-found": { de: "Cal.com kennt das nicht ({status})", en: "Cal.com does not know it ({status})" },
  "calcom.denied": { de: "Cal.com nimmt den Schlüssel nicht an ({status})", en: "Cal.com does not accept the key ({status})" },
  "calcom.suspended": { de: "Cal.com hat das Konto gesperrt ({status})", en: "Cal.com has suspended the account ({status})" },
  "calcom.throttled": { de: "Cal.com drosselt uns ({status})", en: "Cal.com throttles us ({status})" },
  "calcom.unavailable": { de: "Cal.com ist gestört ({status})", en: "Cal.com is failing ({status})" },
  "calcom.garbled": { de: "Cal.com antwortet Unlesbares ({status})", en: "Cal.com answers something unreadable ({status})" },
  "calcom.unreachable": { de: "Cal.com ist nicht erreichbar ({status})", en: "Cal.com cannot be reached ({status})" },
  "calcom.lost": { de: "Cal.com hat nicht geantwortet ({status})", en: "Cal.com did not answer ({status})" },
  "calcom.next": { de: "Ansehen: ampel circuit-breaker:status calcom", en: "Look: ampel circuit-breaker:status calcom" },
  "bookings.no-service": {
    de: "Die Leistung {service} gibt es nicht, oder sie hat keinen Termintyp bei Cal.com",
    en: "There is no service {service}, or it has no event type at Cal.com",
  },
  "bookings.no-service-next": { de: "Ansehen: ampel company:list", en: "Look: ampel company:list" },
  "bookings.no-availability": {
    de: "Freie Zeiten sind nicht bekannt: Cal.com antwortet nicht, und was zuletzt bekannt war, ist zu alt",
    en: "Free times are not known: Cal.com does not answer, and what was last known is too old",
  },
  "command.calcom-emergency-sync": {
    de: "Termine mit Cal.com abgleichen, in beide Richtungen; erst der Unterschied, dann gedrosselt",
    en: "Bring appointments and Cal.com together, both ways; the difference first, then throttled",
  },
  "command.booking-conflicts": {
    de: "Termine, über die ein Mensch entscheiden muss",
    en: "Appointments a human has to decide about",
  },
  "option.next-hours": { de: "Termine der nächsten Stunden (Standard 24)", en: "Appointments of the next hours (default 24)" },
  "option.conflict-resolve": {
    de: "Diesen Konflikt als geklärt eintragen, mit --reason",
    en: "Record this conflict as settled, with --reason",
  },
  "bookings.sync-details": {
    de: "Zeigt zuerst, was sich unterscheidet. Legt bei Cal.com an, was Anrufern zugesagt ist, übernimmt, was dort geändert wurde, und sieht danach noch einmal nach. Überschreibt nichts, worüber beide Seiten Verschiedenes sagen: das wird ein Konflikt. Kann abgebrochen und wiederholt werden.",
    en: "Shows first what differs. Makes at Cal.com what callers were promised, takes over what was changed there, and looks again afterwards. Overwrites nothing the two sides disagree about: that becomes a conflict. Can be cut off and repeated.",
  },
  "bookings.hours-wrong": {
    de: "--next-hours braucht eine Zahl von 1 bis {most}, nicht {given}",
    en: "--next-hours takes a number from 1 to {most}, not {given}",
  },
  "bookings.no-gateway": { de: "In ampel.yaml steht kein Gateway", en: "There is no gateway in ampel.yaml" },
  "bookings.no-gateway-next": {
    de: "Abschnitt gateway ergänzen, dann: ampel config:check",
    en: "Add the section gateway, then: ampel config:check",
  },
  "bookings.diff": {
    de: "Nächste {hours} h: {out} zu Cal.com, {in} von Cal.com, {missing} fehlen dort",
    en: "Next {hours} h: {out} to Cal.com, {in} from Cal.com, {missing} missing there",
  },
  "bookings.diff-line": { de: "{what} · {when} · {company} · {subject}", en: "{what} · {when} · {company} · {subject}" },
  "bookings.more": { de: "{count} weitere (--json zeigt alle)", en: "{count} more (--json shows all)" },
  "bookings.unassigned": {
    de: "{count} Buchungen bei Cal.com gehören zu einem Termintyp, der keiner Firma zugeordnet ist",
    en: "{count} bookings at Cal.com are of an event type that belongs to no company",
  },
  "bookings.strange": {
    de: "{count} Einträge bei Cal.com sind keine einfachen Buchungen und wurden nicht gelesen",
    en: "{count} entries at Cal.com are no plain bookings and were not read",
  },
  "bookings.unseen": {
    de: "{account}: Cal.com hat nicht geantwortet, dort ist nichts bekannt",
    en: "{account}: Cal.com did not answer, nothing is known there",
  },
  "bookings.account-begins": { de: "{account}: Abgleich läuft", en: "{account}: synchronising" },
  "bookings.account-done": { de: "{account}: abgeglichen", en: "{account}: done" },
  "bookings.resumed": { de: "Ein abgebrochener Abgleich wurde fortgesetzt", en: "A synchronisation that was cut off was continued" },
  "bookings.synced": {
    de: "Zu Cal.com {out}, von Cal.com {in}, noch offen {waiting}, bei Cal.com nicht gefunden {missing}",
    en: "To Cal.com {out}, from Cal.com {in}, still open {waiting}, not found at Cal.com {missing}",
  },
  "bookings.in-step": { de: "Nachgesehen: beide Seiten stimmen überein", en: "Looked again: both sides agree" },
  "bookings.not-in-step": {
    de: "Nachgesehen: {count} Unterschiede bleiben, ohne Antwort: {unseen}; noch einmal: ampel calcom:emergency-sync",
    en: "Looked again: {count} differences remain, without an answer: {unseen}; once more: ampel calcom:emergency-sync",
  },
  "bookings.no-conflicts": { de: "Kein Termin wartet auf eine Entscheidung", en: "No appointment waits for a decision" },
  "bookings.conflict-line": {
    de: "{id} · {company} · {when} · {what} · {subject} · Rückruf {callback}",
    en: "{id} · {company} · {when} · {what} · {subject} · callback {callback}",
  },
  "bookings.kind-slot-taken": { de: "zugesagt, aber bei Cal.com vergeben", en: "promised, but taken at Cal.com" },
  "bookings.kind-refused": { de: "zugesagt, von Cal.com abgelehnt", en: "promised, refused by Cal.com" },
  "bookings.kind-moved": { de: "steht bei Cal.com zu einer anderen Zeit", en: "stands at Cal.com at another time" },
  "bookings.kind-withdrawn": { de: "bei Cal.com abgesagt oder abgelehnt", en: "cancelled or rejected at Cal.com" },
  "bookings.kind-missing": { de: "hier bestätigt, bei Cal.com nicht vorhanden", en: "confirmed here, not there at Cal.com" },
  "bookings.kind-made-late": { de: "bei Cal.com gebucht, obwohl hier abgesagt", en: "booked at Cal.com although called off here" },
  "bookings.kind-twice": { de: "steht bei Cal.com zweimal", en: "stands at Cal.com twice" },
  "bookings.kind-claim": {
    de: "dem Anrufer als gebucht gesagt, kein Termin vorhanden",
    en: "the caller was told booked, no appointment exists",
  },
  "bookings.kind-not-in-time": {
    de: "beginnt bald und ist bei Cal.com nicht bestätigt",
    en: "begins soon and is not confirmed at Cal.com",
  },
  "bookings.reason-missing": { de: "--reason fehlt: was wurde entschieden", en: "--reason is missing: what was decided" },
  "bookings.conflict-unknown": { de: "Den offenen Konflikt {id} gibt es nicht", en: "There is no open conflict {id}" },
  "bookings.conflict-unknown-next": { de: "Ansehen: ampel booking:conflicts", en: "Look: ampel booking:conflicts" },
  "bookings.would-resolve": { de: "{id} würde als geklärt eingetragen", en: "{id} would be recorded as settled" },
  "bookings.resolved": { de: "{id} ist geklärt, eingetragen von {by}", en: "{id} is settled, recorded by {by}" },
} as const;
