import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openHost, type Host } from "../integrations/host.ts";
import { systemClock } from "../kernel/clock.ts";
import { say } from "../kernel/message.ts";
import { playbooksProbe } from "./playbooks.ts";
import { runProbe, type ProbeResult } from "./probe.ts";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "self-test-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

function write(name: string, body: string, host = "local", front = ""): void {
  const text = `---\nampel: { id: ${name}, owner: x, review_by: 2027-01-01, rto: 1m, triggers: [], version: 1, zone: red${front} }\n---\n\n\`\`\`sh {"host":"${host}","name":"a","risk":"read"}\n${body}\n\`\`\`\n`;
  writeFileSync(join(folder, `${name}.md`), text);
}

const local = openHost("local", { via: "local" });
const lists = { commands: ["service:plan"], hosts: ["local", "web1"], contacts: ["on-call"] };

async function look(host: Host = local, spec: object = lists, deadlineMs = 5000): Promise<ProbeResult> {
  const probe = {
    id: "p",
    kind: "playbooks",
    spec: { folders: [folder], ...spec },
    host: host.name,
    subject: "ampel",
    dependsOn: [],
    everyMs: 1000,
    deadlineMs,
  };
  return await runProbe(probe, playbooksProbe, { clock: systemClock, host, memory: { get: () => undefined, set: () => {} } });
}

test("everything a playbook names is there", async () => {
  write(
    "good",
    'ampel service:plan "x"\n( test -e /etc/hostname && ls /etc/hostname )\ncurl --fail http://localhost:1/',
    "local",
    ", needs: [contact:on-call, command:bash]",
  );
  expect(await look()).toMatchObject({ state: "ok", measures: { playbooks: 1, broken: 0 } });
});

test.each([
  ["command", "no-such-program --now", "good.md:6: the command no-such-program is missing on local"],
  ["command of ours", "ampel service:plann x", "good.md:6: the command ampel service:plann does not exist"],
  ["file", "ls /etc/hostname\nls /no/such/file", "good.md:7: /no/such/file is missing on local"],
  ["script", "/opt/no-such-script.sh", "good.md:6: /opt/no-such-script.sh is missing on local"],
  ["unit", "systemctl status no-such.service", "the unit no-such.service does not exist on local"],
  ["host", "ssh root@unknown true", "the host unknown"],
  ["address", "curl --fail https://no-such-name.invalid/health", "the address no-such-name.invalid does not resolve on local"],
])("a missing %s is a finding with its place", async (_, body, expected) => {
  write("good", body);
  const result = await look();
  expect(result).toMatchObject({ state: "degraded", cause: "playbook-broken" });
  expect(result.evidence).toContain(expected);
  expect(say(result.message, "de")).toContain(`${folder}/good.md:`);
});

test("a missing contact and a missing way back are findings", async () => {
  write("good", "true", "local", ", needs: [contact:nobody], return: nowhere");
  const { evidence, measures } = await look();
  expect(evidence).toContain("the contact nobody");
  expect(evidence).toContain("nowhere");
  expect(measures).toMatchObject({ broken: 3 });
});

test("each probe looks at the steps of its own host", async () => {
  write("good", "no-such-program", "web1");
  expect(await look()).toMatchObject({ state: "ok" });
  expect(await look(openHost("web1", { via: "local" }))).toMatchObject({ state: "degraded" });
});

test("a faulty playbook and an empty folder are findings", async () => {
  expect(await look()).toMatchObject({ state: "degraded", message: { key: "playbook.self-test.none" } });
  write("good", "true");
  writeFileSync(join(folder, "bad.md"), "# nothing\n");
  expect(await look()).toMatchObject({
    state: "degraded",
    cause: "playbook-broken",
    message: { key: "playbook.self-test.unreadable", values: { count: 1 } },
  });
});

test("what could not be checked is unknown, never ok", async () => {
  write("good", "ampel service:plan x");
  expect(await look(local, {})).toMatchObject({ state: "unknown", message: { key: "playbook.self-test.unchecked" } });
  write("good", "ls", "web1");
  const gone = openHost("web1", { via: "ssh", target: "nobody@127.0.0.1", configFile: "/dev/null" });
  const refused: Host = { ...gone, script: (text, options) => gone.script(text, { ...options, env: {} }) };
  expect(await look(refused)).toMatchObject({ state: "unknown", message: { key: "playbook.self-test.host-silent" } });
});

test("a name cannot run as a command on the host", async () => {
  const mark = join(folder, "mark");
  write("good", "true", "local", `, needs: ['file:/x$(touch\${IFS}${mark})', 'url:https://a;touch\${IFS}${mark}']`);
  await look();
  const { existsSync } = await import("node:fs");
  expect(existsSync(mark)).toBe(false);
});
