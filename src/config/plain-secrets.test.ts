import fc from "fast-check";
import { inspect } from "node:util";
import { expect, test } from "vitest";
import { say } from "../kernel/message.ts";
import { Secret } from "../kernel/secret.ts";
import { expandProbes } from "./expand.ts";
import { parseConfig } from "./parse.ts";
import { ConfigInvalid } from "./problem.ts";

const place = { file: "ampel.yaml", folder: "/etc/ampel" };
const head = "version: 1\nname: shop\n";

function everythingSaid(yaml: string): string {
  const parsed = parseConfig(yaml, place);
  if (!("problems" in parsed)) return "";
  const failure = new ConfigInvalid("ampel.yaml", parsed.problems);
  const said = parsed.problems.flatMap(({ what, instead, field }) => [
    say(what, "de"),
    say(what, "en"),
    say(instead, "de"),
    say(instead, "en"),
    field,
  ]);
  return [...said, failure.message, say(failure.what, "de"), JSON.stringify(failure.problems), inspect(failure)].join("\n");
}

const password = "Sommer2026-geheim";

const written: [title: string, yaml: string, line: number][] = [
  ["a vendor's key", `vendors: {retell: {apiKey: ${password}}}`, 3],
  ["a password in a field that exists", `probes:\n  web: {kind: http, url: https://a.example.org, bearer: ${password}}`, 4],
  ["a password in a field that does not exist", `services:\n  web: {unit: nginx, password: ${password}}`, 4],
  ["a password in an unknown section", `mail:\n  smtp:\n    passwort: ${password}`, 5],
  ["a number as a password", "vendors: {calcom: {apiKey: 20262026}}", 3],
  ["a password in an address", `probes:\n  web: {kind: http, url: "https://ops:${password}@a.example.org/"}`, 4],
  ["a password in a field without a secret's name", `state: redis://:${password}@localhost`, 3],
  ["a header", `probes:\n  web:\n    kind: http\n    url: https://a.example.org\n    headers: {Authorization: Bearer ${password}}`, 7],
  ["a key in a comment", "# Cal.com: cal_live_0123456789abcdef", 3],
  ["a password in a file that is no YAML", `databases:\n\tmain: {password: ${password}}`, 4],
  ["a list under a secret's name", `vendors: {retell: {apiKey: [${password}]}}`, 3],
  ["a literal block", `vendors:\n  retell:\n    apiKey: |\n      ${password}`, 5],
];

test.each(written)("%s is refused where it stands and never repeated", (_, yaml, line) => {
  const parsed = parseConfig(head + yaml, place);
  expect("problems" in parsed && parsed.problems.map((problem) => problem.line)).toContain(line);
  const said = everythingSaid(head + yaml);
  expect(said).not.toContain(password);
  expect(said).not.toContain("20262026");
  expect(said).not.toContain("cal_live_0123");
});

test("whatever stands in a secret's place, no message repeats it", () => {
  // A beginning that no message contains by itself.
  const word = fc.stringMatching(/^[A-Za-z0-9!%*+,.:;<=>?^_|~ -]{2,40}$/).map((text) => `Zq9x${text.trim()}`);
  fc.assert(
    fc.property(word, (text) => {
      expect(everythingSaid(`${head}vendors: {retell: {apiKey: ${JSON.stringify(text)}}}`)).not.toContain(text);
    }),
    { numRuns: 200 },
  );
});

test.each(["${env:RETELL_KEY}", "${file:/etc/ampel/secrets/retell}", "${credential:retell}"])(
  "%s is a reference, and printing the configuration shows [secret]",
  (reference) => {
    const parsed = parseConfig(`${head}vendors: {retell: {apiKey: "${reference}"}}`, place);
    if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
    const key = parsed.config.vendors["retell"]?.spec["key"];
    expect(key).toBeInstanceOf(Secret);
    expect((key as Secret).reference).toBe(reference);
    for (const printed of [
      JSON.stringify(parsed.config),
      inspect(parsed.config, { depth: null }),
      JSON.stringify(expandProbes(parsed.config)),
      String(key),
    ]) {
      expect(printed).toContain("[secret]");
      expect(printed).not.toContain(reference);
    }
  },
);

test.each(["${env:}", "$RETELL_KEY", "${RETELL_KEY}", "${vault:retell}", "x ${env:RETELL_KEY}"])("%s is no reference", (text) => {
  const parsed = parseConfig(`${head}vendors: {retell: {apiKey: "${text}"}}`, place);
  expect("problems" in parsed && parsed.problems.map(({ field }) => field)).toEqual(["vendors.retell.apiKey"]);
});
