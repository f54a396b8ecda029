import fc from "fast-check";
import { expect, test } from "vitest";
import { expand, readInProcess } from "./parameters.ts";
import { parsePlaybook } from "./parse.ts";
import type { Block } from "./playbook.ts";
import { listCommands, sshParts } from "./shell.ts";

function spoken(script: string): string[] {
  return listCommands(script).map(({ words, line }) => `${line}:${words.join(" ")}`);
}

test.each([
  ["a; b && c || d | e & f", ["1:a", "1:b", "1:c", "1:d", "1:e", "1:f"]],
  ["a 'b;c' \"d|e\" f\\ g # h; i", ["1:a b;c d|e f g"]],
  ["a \\\n  b\nc", ["1:a b", "3:c"]],
  ["a $(b $(c)) `d`", ["1:a $(b $(c)) `d`", "1:b $(c)", "1:c", "1:d"]],
  ['x "y $(z "1 2")"', ["1:x y $(z 1 2)", "1:z 1 2"]],
  ["cat <<E\nrm -rf /\nE\nls", ["1:cat", "4:ls"]],
  ["cat <<-'E' | wc\n$(x)\n\tE\nls", ["1:cat", "1:wc", "4:ls"]],
  ["sudo -u www-data env A=1 nice -n 5 timeout -k 1 10 php x", ["1:php x"]],
  ["bash -c 'a; b'", ["1:bash -c a; b", "1:a", "1:b"]],
  ["ssh -p 22 host 'a; b'", ["1:ssh -p 22 host a; b", "1:a", "1:b"]],
  ["if a; then b; else c; fi", ["1:a", "1:b", "1:c"]],
  ["for x in 1 2; do a $x; done", ["1:a $x"]],
  ['case "$1" in a|b) c ;; *) d ;; esac; e', ["1:c", "1:d", "1:e"]],
  ["f() { a; }\nf", ["1:a", "2:f"]],
  ["( a; b ) && c", ["1:a", "1:b", "1:c"]],
  ["a > x 2>&1 < y", ["1:a"]],
  ["A=$(b) c", ["1:c", "1:b"]],
  ["echo $((1 + 2))", ["1:echo $((1 + 2))"]],
  ["diff <(a) <(b)", ["1:diff", "1:a", "1:b"]],
  ["x 'unclosed", ["1:x 'unclosed"]],
])("%j is read as its commands", (script, expected) => {
  expect(spoken(script)).toEqual(expected);
});

test("operators and redirections are kept beside their command", () => {
  const [first, second, third] = listCommands("a < in || b 2>/dev/null & c");
  expect(first).toMatchObject({ after: "||", redirects: [{ operator: "<", target: "in" }] });
  expect(second).toMatchObject({ words: ["b"], before: "||", after: "&" });
  expect(third).toMatchObject({ before: "&", after: "" });
  expect(listCommands("( a )")[0]?.depth).toBe(1);
  expect(sshParts(["ssh", "-o", "A=b", "u@h", "x", "y"])).toEqual({ target: "u@h", command: ["x", "y"] });
});

test("any text is read, and every line exists", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.constantFrom("a", " ", "\n", "'", '"', "$(", ")", "`", "\\", "<<E", "E", "|", "&", ";", "{", "}", "case x in", "esac", "(", "#"),
        { maxLength: 60 },
      ),
      (pieces) => {
        const script = pieces.join("");
        const last = script.split("\n").length;
        for (const { line } of listCommands(script)) expect(line >= 1 && line <= last).toBe(true);
      },
    ),
    { numRuns: 500 },
  );
});

test.each([
  ["$A/x", "1/x"],
  ["${A}", "1"],
  ["${B:-2}", "2"],
  ["${EMPTY:-3}", "3"],
  ["${B:?say}", ""],
  ["${A:-2}", "1"],
  ["100 $", "100 $"],
  ["$(date)", undefined],
  ["`date`", undefined],
  ["${A%x}", undefined],
  ["$((1))", undefined],
  ["$1", undefined],
])("%s becomes %s", (text, expected) => {
  expect(expand(text, { A: "1", EMPTY: "" })).toBe(expected);
});

function block(body: string): Block {
  const text = `---\nampel: { id: a, owner: b, review_by: 2027-01-01, rto: 1m, triggers: [], version: 1, zone: red }\n---\n\n\`\`\`sh {"name":"x","risk":"read"}\n${body}\n\`\`\`\n`;
  const found = parsePlaybook(text, "p.md").playbook?.steps[0]?.do;
  if (found === undefined) throw new Error("no block");
  return found;
}

test("lines of ours are taken apart without a shell, one value is always one word", () => {
  const env = { NAME: 'a b; rm -rf / $(x) "' };
  expect(readInProcess(block('export NAME="x"\n# look\nampel service:plan "$NAME"\nampel probe:wait "${NAME}" --for 5s'), env)).toEqual([
    { line: 8, words: ["service:plan", env.NAME] },
    { line: 9, words: ["probe:wait", env.NAME, "--for", "5s"] },
  ]);
});

test.each([
  "ampel a | b",
  "ampel a && ampel b",
  "ampel a &",
  "! ampel a",
  "ampel a > /x",
  "sudo ampel a",
  "A=1 ampel a",
  "ampel $NAME",
  "ampel *",
  "ampel $(x)",
  "( ampel a )",
  "if ampel a; then ampel b; fi",
  "ls",
  "",
  'ampel "$1"',
  "ampel ~/x",
])("%s needs a shell", (body) => {
  expect(readInProcess(block(body), {})).toBeUndefined();
});
