export const probeNetworkTexts = {
  "network.fault": { de: "{target} ist nicht erreichbar ({reason})", en: "{target} cannot be reached ({reason})" },
  "network.next": {
    de: "Netz und Namensauflösung dieser Maschine prüfen: ip route, resolvectl status",
    en: "Check this machine's network and name resolution: ip route, resolvectl status",
  },
  "network.blind": {
    de: "Diese Maschine kommt selbst nicht ins Netz ({reason}); über {target} ist nichts bekannt",
    en: "This machine has no working network itself ({reason}); nothing is known about {target}",
  },
  "network.name-missing": {
    de: "Der Name von {target} ist nicht auflösbar ({reason})",
    en: "The name of {target} does not resolve ({reason})",
  },
  "network.refused": { de: "{target} nimmt keine Verbindung an ({reason})", en: "{target} accepts no connection ({reason})" },
  "network.tls-failed": {
    de: "{target} kommt nicht zu einer TLS-Verbindung ({reason})",
    en: "{target} does not complete a TLS connection ({reason})",
  },
  "network.answer-broken": {
    de: "{target} nimmt an, antwortet aber nicht brauchbar ({reason})",
    en: "{target} accepts but gives no usable answer ({reason})",
  },
  "network.untrusted": {
    de: "Das Zertifikat von {target} wird abgelehnt ({reason}); es gilt für {names} bis {until}",
    en: "The certificate of {target} is rejected ({reason}); it is for {names} until {until}",
  },
  "network.ca-unreadable": {
    de: "Die Zertifikatsdatei {path} ist nicht brauchbar ({reason})",
    en: "The certificate file {path} is not usable ({reason})",
  },
  "network.ca-next": {
    de: "Pfad und Rechte der PEM-Datei prüfen, dann: ampel config:check",
    en: "Check path and permissions of the PEM file, then: ampel config:check",
  },

  "http.ok": { de: "{target} antwortet mit {status} in {latencyMs} ms", en: "{target} answers {status} in {latencyMs} ms" },
  "http.status": {
    de: "{target} antwortet mit {status}, erwartet ist {expected}",
    en: "{target} answers {status}, expected is {expected}",
  },
  "http.redirected": {
    de: "{target} leitet mit {status} um nach {location}; erlaubte Umleitungen: {limit}",
    en: "{target} redirects with {status} to {location}; redirects allowed: {limit}",
  },
  "http.redirect-withheld": {
    de: "{target} leitet mit {status} um nach {location}; dorthin wird kein Geheimnis mitgeschickt",
    en: "{target} redirects with {status} to {location}; no secret is sent there",
  },
  "http.body-missing": {
    de: "{target} antwortet mit {status}, aber {expected} fehlt in den gelesenen {bytes} Byte",
    en: "{target} answers {status}, but {expected} is missing in the {bytes} bytes read",
  },
  "http.slow": {
    de: "{target} antwortet langsam: p95 {latencyMs} ms, Grenze {limitMs} ms",
    en: "{target} answers slowly: p95 {latencyMs} ms, limit {limitMs} ms",
  },
  "http.too-slow": {
    de: "{target} ist zu langsam: p95 {latencyMs} ms, Grenze {limitMs} ms",
    en: "{target} is too slow: p95 {latencyMs} ms, limit {limitMs} ms",
  },
  "http.some-failed": { de: "{failed} von {total} Anfragen scheitern: {reason}", en: "{failed} of {total} requests fail: {reason}" },
  "http.unfinished": {
    de: "{target}: nach {done} von {total} Anfragen kam {waitedMs} ms lang nichts mehr",
    en: "{target}: after {done} of {total} requests nothing came for {waitedMs} ms",
  },
  "http.header-invalid": {
    de: "Der Wert der Kopfzeile {name} enthält unerlaubte Zeichen",
    en: "The value of header {name} contains characters that are not allowed",
  },
  "http.header-next": {
    de: "Wert der Kopfzeile berichtigen, dann: ampel config:check",
    en: "Correct the header's value, then: ampel config:check",
  },

  "tcp.open": { de: "{address}:{port} nimmt Verbindungen an", en: "{address}:{port} accepts connections" },
  "tcp.greeting-wrong": {
    de: "{address}:{port} meldet sich mit {greeting}, erwartet ist {expected}",
    en: "{address}:{port} greets with {greeting}, expected is {expected}",
  },
  "tcp.greeting-missing": {
    de: "{address}:{port} nimmt an, meldet sich aber {waitedMs} ms lang nicht; erwartet ist {expected}",
    en: "{address}:{port} accepts but says nothing for {waitedMs} ms; expected is {expected}",
  },

  "certificate.ok": { de: "Zertifikat von {target} gilt noch {days} Tage", en: "Certificate of {target} is valid for {days} more days" },
  "certificate.expiring": {
    de: "Zertifikat von {target} läuft in {days} Tagen ab, Grenze {limitDays} Tage",
    en: "Certificate of {target} expires in {days} days, limit {limitDays} days",
  },
  "certificate.expired": { de: "Zertifikat von {target} ist seit {until} abgelaufen", en: "Certificate of {target} expired on {until}" },
  "certificate.not-yet": { de: "Zertifikat von {target} gilt erst ab {from}", en: "Certificate of {target} is valid only from {from}" },
  "certificate.name-wrong": {
    de: "Zertifikat von {target} gilt nicht für diesen Namen, sondern für {names}",
    en: "Certificate of {target} is not for this name but for {names}",
  },
  "certificate.untrusted": {
    de: "Zertifikat von {target} wird nicht anerkannt ({reason}), Aussteller {issuer}",
    en: "Certificate of {target} is not trusted ({reason}), issuer {issuer}",
  },
  "certificate.other": {
    de: "{target} zeigt ein anderes Zertifikat als festgelegt: {fingerprint}",
    en: "{target} shows another certificate than the pinned one: {fingerprint}",
  },

  "dns.ok": {
    de: "{name} {type}: {servers} Nameserver antworten einig mit {values}",
    en: "{name} {type}: {servers} name servers agree on {values}",
  },
  "dns.wrong": {
    de: "{name} {type}: {server} antwortet {values}, erwartet ist {expected}",
    en: "{name} {type}: {server} answers {values}, expected is {expected}",
  },
  "dns.disagree": {
    de: "{name} {type}: {server} antwortet {values}, {other} aber {otherValues}",
    en: "{name} {type}: {server} answers {values}, but {other} {otherValues}",
  },
  "dns.empty": { de: "{name} {type}: {server} kennt keinen Eintrag ({reason})", en: "{name} {type}: {server} knows no record ({reason})" },
  "dns.lame": {
    de: "{server} ist für {name} nicht zuständig oder gestört ({reason})",
    en: "{server} is not authoritative for {name} or is failing ({reason})",
  },
  "dns.none-answers": {
    de: "{name}: keiner von {servers} Nameservern antwortet ({reason})",
    en: "{name}: none of {servers} name servers answers ({reason})",
  },
  "dns.serials": {
    de: "{name}: die Nameserver haben verschiedene Stände ({serials})",
    en: "{name}: the name servers have different serials ({serials})",
  },
  "dns.ttl": {
    de: "{name} {type}: TTL {ttl} s, Grenze {limit} s; eine Umschaltung dauert so lange",
    en: "{name} {type}: TTL {ttl} s, limit {limit} s; a failover takes that long",
  },

  "heartbeat.ok": { de: "{name} meldete sich vor {age}", en: "{name} reported {age} ago" },
  "heartbeat.waiting": {
    de: "{name} hat sich noch nicht gemeldet; erwartet alle {every}",
    en: "{name} has not reported yet; expected every {every}",
  },
  "heartbeat.missing": {
    de: "{name} meldet sich seit {age} nicht; erwartet alle {every}, Nachfrist {grace}",
    en: "{name} has been silent for {age}; expected every {every}, grace {grace}",
  },
  "heartbeat.never": {
    de: "{name} hat sich nie gemeldet, seit {age} beobachtet; erwartet alle {every}",
    en: "{name} has never reported in {age} of watching; expected every {every}",
  },
  "heartbeat.failed": {
    de: "{name} meldete vor {age} einen Fehlschlag (Exit-Code {exitCode})",
    en: "{name} reported a failure {age} ago (exit code {exitCode})",
  },
  "heartbeat.unwatched": {
    de: "{name} meldete sich zuletzt vor {age}, doch Ampel hört erst seit {watched} wieder zu",
    en: "{name} last reported {age} ago, but Ampel has been listening again only for {watched}",
  },
  "heartbeat.future": {
    de: "Die letzte Meldung von {name} liegt {ahead} in der Zukunft; die Uhr ist gesprungen",
    en: "The last report of {name} lies {ahead} in the future; the clock has jumped",
  },

  "vendor.ok": {
    de: "{vendor} antwortet in {latencyMs} ms und kennt unser Konto",
    en: "{vendor} answers in {latencyMs} ms and knows our account",
  },
  "vendor.slow": {
    de: "{vendor} antwortet langsam: {latencyMs} ms, Grenze {limitMs} ms",
    en: "{vendor} answers slowly: {latencyMs} ms, limit {limitMs} ms",
  },
  "vendor.key-refused": {
    de: "{vendor} weist unseren Schlüssel ab ({status}); {vendor} selbst läuft",
    en: "{vendor} refuses our key ({status}); {vendor} itself is up",
  },
  "vendor.locked": {
    de: "{vendor} sperrt uns aus ({status}): Konto gesperrt oder zu viele Anfragen; nicht weiter anfragen, Post von {vendor} lesen",
    en: "{vendor} locks us out ({status}): account suspended or too many requests; stop calling and read mail from {vendor}",
  },
  "vendor.unpaid": {
    de: "{vendor} verlangt Zahlung ({status}); {vendor} selbst läuft",
    en: "{vendor} asks for payment ({status}); {vendor} itself is up",
  },
  "vendor.throttled": {
    de: "{vendor} drosselt uns (429); {vendor} selbst läuft",
    en: "{vendor} throttles us (429); {vendor} itself is up",
  },
  "vendor.failing": { de: "{vendor} antwortet mit {status}", en: "{vendor} answers {status}" },
  "vendor.silent": { de: "{vendor} antwortet nicht innerhalb von {waitedMs} ms", en: "{vendor} does not answer within {waitedMs} ms" },
  "vendor.unreachable": { de: "{vendor} ist nicht erreichbar ({reason})", en: "{vendor} cannot be reached ({reason})" },
  "vendor.broken": {
    de: "{vendor} liefert nicht seine Schnittstelle, sondern {what}",
    en: "{vendor} does not serve its interface but {what}",
  },
  "vendor.not-reached": {
    de: "Unter {address} antwortet nicht {vendor}, sondern {what}; über {vendor} ist nichts bekannt",
    en: "At {address} it is not {vendor} that answers but {what}; nothing is known about {vendor}",
  },
  "vendor.resting": {
    de: "um die Sperre nicht zu verlängern, {seconds} s lang keine neue Anfrage",
    en: "no new call for {seconds} s, so as not to prolong it",
  },
  "vendor.hint": { de: "Statusseite meldet: {text}", en: "status page says: {text}" },
  "vendor.shape-redirect": { de: "eine Umleitung ({status}) nach {location}", en: "a redirect ({status}) to {location}" },
  "vendor.shape-page": { de: "eine Seite ({status}, {type})", en: "a page ({status}, {type})" },
  "vendor.shape-foreign": { de: "fremdes JSON ({status})", en: "foreign JSON ({status})" },
  "vendor.shape-certificate": { de: "ein fremdes Zertifikat ({reason})", en: "a foreign certificate ({reason})" },
  "gateway-probe.no-health": {
    de: "{url} antwortet mit {status}, aber nicht mit dem Zustand eines Gateways",
    en: "{url} answers with {status}, but not with the health of a gateway",
  },
  "gateway-probe.alive": { de: "Das Gateway nimmt an und behält, was kommt", en: "The gateway accepts and keeps what arrives" },
  "gateway-probe.limping": {
    de: "Das Gateway behält alles, aber nicht wie sonst: {reasons}",
    en: "The gateway keeps everything, but not as usual: {reasons}",
  },
  "gateway-probe.refusing": {
    de: "Das Gateway musste Zustellungen abweisen: {reasons}",
    en: "The gateway had to refuse deliveries: {reasons}",
  },
  "gateway-probe.seen": { de: "{subject}: {summary}", en: "{subject}: {summary}" },
  "gateway-probe.not-yet": {
    de: "Die Prüfung {check} des Gateways lief noch nicht",
    en: "The gateway's check {check} has not run yet",
  },
  "gateway-probe.stale": {
    de: "Die Prüfung {check} des Gateways lief zu lange nicht",
    en: "The gateway's check {check} has not run for too long",
  },
} as const;
