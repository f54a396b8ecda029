import fc from "fast-check";
import { expect, test } from "vitest";
import { maskPersonalData } from "./mask.ts";

test.each([
  ["call from +49 30 1234567 failed", "call from [phone] failed"],
  ["from 0049 (171) 5550123", "from [phone]"],
  ["Anruf von 030/555 01 23 beendet", "Anruf von [phone] beendet"],
  ["mobil 0171-5550123,", "mobil [phone],"],
  ["+4915155501234", "[phone]"],
  ["mail to erika.muster@example.test bounced", "mail to [e-mail] bounced"],
  ["client 203.0.113.9 refused", "client [ip] refused"],
  ["client 2001:db8:0:1::42 refused", "client [ip] refused"],
  ["connect to 127.0.0.1:6379", "connect to 127.0.0.1:6379"],
  ["mysql://app:geheim@db/askproai", "mysql://[secret]@db/askproai"],
  ["Authorization: Bearer abc.def-123456", "Authorization: Bearer [secret]"],
  ['"password":"hunter2","x":1', '"password":[secret],"x":1'],
  ["DB_PASSWORD=hunter2 rest", "DB_PASSWORD=[secret] rest"],
  ["api_key: cal_live_0123456789abcdef", "api_key: [secret]"],
  ["sent key_0123456789abcdef012345 to", "sent [token] to"],
  ['name="Erika Muster" id=7', "name=[name] id=7"],
  ["customer_name => 'Max'", "customer_name => [name]"],
  ["Termin für Frau Müller-Lüdenscheidt um 9", "Termin für Frau [name] um 9"],
  ["IBAN DE44 5001 0517 5407 3249 31", "IBAN [iban]"],
])("%s is masked", (given, wanted) => {
  expect(maskPersonalData(given)).toBe(wanted);
});

test.each([
  "[2026-03-01 03:00:12] production.ERROR: Undefined column",
  "2026-03-01T03:00:12.123Z worker 12345 exited with 137",
  "Table 'askproai.calls' doesn't exist (1146)",
  "release 20260301030012 at 1.22.1",
  "commit 3f2a9c1d8e7b6a5f4e3d2c1b0a9f8e7d6c5b4a39 deployed",
  "at /var/www/api-gateway/releases/42/app/Http/Kernel.php:120",
])("%s says nothing about a person and stays", (line) => {
  expect(maskPersonalData(line)).toBe(line);
});

test("masking twice changes nothing more, and any text is masked", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 400 }), (text) => {
      const once = maskPersonalData(text);
      expect(maskPersonalData(once)).toBe(once);
    }),
  );
});

test("a line of 1 MB built to be slow is masked in under a second", () => {
  for (const piece of ["a@", "0", "1.", "+49 ", "a:", "password=", 'name="', "f:f:"]) {
    const startedMs = performance.now();
    maskPersonalData(piece.repeat(1_000_000 / piece.length));
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  }
});
