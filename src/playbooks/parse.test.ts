import fc from "fast-check";
import { expect, test } from "vitest";
import { say } from "../kernel/message.ts";
import { printInfo, readInfo } from "./attributes.ts";
import { formatPlaybook } from "./format.ts";
import { parsePlaybook } from "./parse.ts";
import { describeProblem } from "./problem.ts";

const head = `---
ampel:
  id: sample
  owner: team
  review_by: 2027-03-01
  rto: 5m
  triggers: [disk-full]
  version: 2
  zone: red
---

# Sample *playbook*

### Act

What it does.
`;

const step =
  '```sh {"name":"act","risk":"write","timeout":"7s","retries":"2","host":"web","approve":"1","on-failure":"undo","lock":"disk","idempotent":"check","expect":"ok","role":"do"}\nexport SIZE="10"\n# why\nexport PLACE=\'/srv\'\nls "$PLACE"\n```\n';
const verify = '\n```sh {"name":"act-verify","role":"verify","for":"act"}\ntrue\n```\n';

function problemsOf(text: string): string[] {
  return parsePlaybook(text, "p.md").problems.map(({ rule, line }) => `${rule}:${line}`);
}

test("a playbook is read with all its parts", () => {
  const { playbook, problems } = parsePlaybook(`${head}\n${step}${verify}`, "p.md");
  expect(problems).toEqual([]);
  expect(playbook).toMatchObject({
    id: "sample",
    version: "2",
    zone: "red",
    triggers: ["disk-full"],
    rtoMs: 300_000,
    reviewBy: "2027-03-01",
    title: "Sample playbook",
  });
  expect(playbook?.steps).toMatchObject([
    {
      name: "act",
      heading: "Act",
      prose: "What it does.",
      risk: "write",
      timeoutMs: 7000,
      retries: 2,
      host: "web",
      approve: 1,
      onFailure: "undo",
      lock: "disk",
      idempotent: "check",
      expect: "ok",
    },
  ]);
  const [only] = playbook?.steps ?? [];
  expect(only?.verify?.body).toBe("true");
  expect(only?.parameters).toEqual([
    { name: "SIZE", preset: "10", line: 19 },
    { name: "PLACE", preset: "/srv", line: 21 },
  ]);
  expect([only?.do.line, only?.verify?.line]).toEqual([18, 25]);
});

test("the other spellings Runme accepts mean the same", () => {
  const one = parsePlaybook(
    `${head}\n\`\`\`sh {"name":"act","risk":"read","retries":3,"excludeFromRunAll":true}\nls\n\`\`\`\n`,
    "p.md",
  ).playbook;
  const two = parsePlaybook(`${head}\r\n~~~sh { risk=read name=act excludeFromRunAll=true retries=3 }\nls\n~~~\n`, "p.md").playbook;
  const three = parsePlaybook(
    `${head}\n\`\`\`sh {"id":"01HF7","retries":"3","risk":"read","name":"act","excludeFromRunAll":"true"}\nls  \n\`\`\`\n`,
    "p.md",
  ).playbook;
  expect(one?.steps[0]).toMatchObject({ name: "act", retries: 3, risk: "read" });
  expect([two?.hash, three?.hash]).toEqual([one?.hash, one?.hash]);
});

test("a pin holds against prose and foreign saves, and breaks with what would run", () => {
  const whole = `${head}\n${step}${verify}`;
  const pin = (text: string): string => parsePlaybook(text, "p.md").playbook?.steps[0]?.hash ?? "";
  expect(pin(whole)).toMatch(/^[0-9a-f]{64}$/);
  expect(pin(whole.replace("What it does.", "Something else."))).toBe(pin(whole));
  for (const [from, to] of [
    ["ls ", "ls -l "],
    ['"7s"', '"8s"'],
    ["true\n```", "false\n```"],
    ['host":"web', 'host":"db'],
    ["shell", "shell"],
  ] as const) {
    const changed = whole.replace(from, to);
    expect(pin(changed) === pin(whole)).toBe(changed === whole);
  }
  expect(pin(whole.replace("---\n\n#", "cwd: /srv\n---\n\n#"))).not.toBe(pin(whole));
});

test("all problems are collected, each with its line and what to write instead", () => {
  const text = `${head.replace("zone: red", "zone: blue").replace("disk-full", "disk-ful").replace("rto: 5m", "rto: soon").replace("owner", "ownr")}
\`\`\`sh {"name":"Act One","risk":"some","timeout":"7"}
ls
\`\`\`

\`\`\`sh {"name":"b","role":"verify","for":"nothing","rsik":"read"}
ls
\`\`\`

\`\`\`bash
ls
\`\`\`
`;
  const { playbook, problems } = parsePlaybook(text, "p.md");
  expect(playbook).toBeUndefined();
  expect(problems.map(({ rule, line }) => `${rule}:${line}`)).toEqual([
    ...["front-matter-field:3", "front-matter-unknown:4", "front-matter-field:6", "front-matter-trigger:7", "front-matter-field:9"],
    ...["name-form:18", "attribute-value:18", "attribute-value:18", "attribute-unknown:22", "block-unnamed:26"],
  ]);
  const spoken = problems.map((problem) => say(describeProblem(problem), "de"));
  expect(spoken[3]).toBe(
    "p.md:7: Den Auslöser disk-ful gibt es nicht; am nächsten liegt disk-full. Stattdessen: Nur Ursachen aus der Liste verwenden",
  );
  expect(spoken.join("\n")).not.toMatch(/\{\w+\}/);
});

test.each([
  ["no front matter, named blocks", '# x\n\n```sh {"name":"a","risk":"read"}\nls\n```\n', ["front-matter-missing:1"]],
  ["another kind of document", "# x\n\n```sh\nls\n```\n\n```sh\nls\n```\n", ["foreign-document:1"]],
  ["an empty file", "", ["foreign-document:1"]],
  ["only front matter", head, ["steps-missing:1"]],
  ["front matter that is no YAML", "---\nampel: [\n---\n", ["front-matter-yaml:2"]],
  ["front matter without our map", "---\nshell: bash\n---\n", ["front-matter-missing:2"]],
  ["a tag that is a list", `${head.replace("ampel:", "tag: [a]\nampel:")}\n${step}`, ["front-matter-tag:2"]],
  ["an open fence", `${head}\n\`\`\`sh {"name":"a","risk":"read"}\nls\n`, ["fence-open:18"]],
  ["a nested value", `${head}\n\`\`\`sh {"name":"a","risk":"read","retry":{"max":3}}\nls\n\`\`\`\n`, ["info-string:18"]],
  ["a brace in a value", `${head}\n\`\`\`sh {"name":"a","if":"\${X}"}\nls\n\`\`\`\n`, ["info-string:18"]],
  ["a key twice", `${head}\n\`\`\`sh {"name":"a","name":"b","risk":"read"}\nls\n\`\`\`\n`, ["info-string:18"]],
  ["a fence in a list", `${head}\n- x\n\n  \`\`\`sh {"name":"a","risk":"read"}\n  ls\n  \`\`\`\n`, ["fence-nested:20"]],
  ["a name twice", `${head}\n${step}\n${step}`, ["name-twice:25"]],
  ["two verify blocks", `${head}\n${step}${verify}${verify.replace('"act-verify"', '"again"')}`, ["for-target:29"]],
  ["a verify on another host", `${head}\n${step}${verify.replace('"for"', '"host":"db","for"')}`, ["host-differs:25"]],
  ["two defaults", `${head}\n${step}${verify.replace("true", 'export SIZE="11"')}`, ["parameter-differs:26"]],
  ["no risk", `${head}\n${step.replace('"risk":"write",', "")}`, ["risk-missing:18"]],
])("%s is named", (_, text, expected) => {
  expect(problemsOf(text)).toEqual(expected);
});

test("a million letters, and deep nesting, end in time", () => {
  expect(parsePlaybook("> ".repeat(2000) + "x", "p.md").problems).toHaveLength(1);
  expect(parsePlaybook(`${head}\n\`\`\`sh {"name":"a","risk":"read"}\n${"$(".repeat(5000)}\n\`\`\`\n`, "p.md").playbook).toBeDefined();
});

const key = fc.oneof(fc.constantFrom("name", "risk", "for", "id", "__proto__", "constructor"), fc.string({ minLength: 1, maxLength: 8 }));
const attributes = fc
  .dictionary(key, fc.string({ maxLength: 12 }), { minKeys: 1, maxKeys: 6 })
  .map((given) => Object.fromEntries(Object.entries(given)));

test("reading what was printed gives the attributes back, whatever they hold", () => {
  fc.assert(
    fc.property(attributes, (given) => {
      const info = printInfo("sh", given);
      expect(info).not.toMatch(/[`\r\n]/);
      expect(readInfo(info)).toEqual({ language: "sh", form: "json", attributes: given, flaws: [] });
    }),
  );
});

const info = fc.oneof(
  attributes.map((given) => `sh ${JSON.stringify(given)}`),
  attributes.map(
    (given) =>
      `sh {${Object.entries(given)
        .map(([name, value]) => `${name}=${value}`)
        .join(" ")}}`,
  ),
  fc.constantFrom(
    "sh",
    "text",
    "",
    'sh{"name":"a"}',
    'sh title="x" {"name":"a"}',
    '{"name":"a"}',
    "sh { name=a  risk=read }",
    'sh {"name":"a","n":3}',
    'sh {} {"a":"b"}',
  ),
);
const document = fc
  .array(fc.tuple(fc.string({ maxLength: 20 }), info, fc.constantFrom("```", "~~~", "  ````"), fc.constantFrom("\n", "\r\n")), {
    maxLength: 5,
  })
  .map(
    (parts) =>
      head + parts.map(([prose, meta, fence, end]) => `${prose}${end}${end}${fence}${meta}${end}ls${end}${fence.trim()}${end}`).join("\n"),
  );

test("fmt twice is fmt once, and it changes nothing that is read", () => {
  fc.assert(
    fc.property(document, (text) => {
      const once = formatPlaybook(text);
      expect(formatPlaybook(once)).toBe(once);
      const [before, after] = [parsePlaybook(text, "p.md"), parsePlaybook(once, "p.md")];
      expect(after.document.fences.map(({ info: written, body }) => [readInfo(written).attributes, body])).toEqual(
        before.document.fences.map(({ info: written, body }) => [readInfo(written).attributes, body]),
      );
      expect(after.playbook?.hash).toBe(before.playbook?.hash);
      expect(after.document.prose).toEqual(before.document.prose);
    }),
    { numRuns: 300 },
  );
});

test("fmt writes the one form all readers know and leaves prose byte for byte", () => {
  const text = `${head}  odd   prose \t\r\n\n\`\`\`\`sh   { risk=read name=a }\nls\n\`\`\`\`\n\n~~~bash {"retries":3,"name":"b"}\nls\n~~~\ntail`;
  expect(formatPlaybook(text)).toBe(
    text
      .replace("sh   { risk=read name=a }", 'sh {"name":"a","risk":"read"}')
      .replace('{"retries":3,"name":"b"}', '{"name":"b","retries":"3"}'),
  );
});
