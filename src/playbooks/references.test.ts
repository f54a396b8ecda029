import { expect, test } from "vitest";
import { parsePlaybook } from "./parse.ts";
import { listReferences, sortReferences } from "./references.ts";

function referencesOf(body: string, front = "", attributes = ""): string[] {
  const text = `---\nampel: { id: a, owner: x, review_by: 2027-01-01, rto: 1m, triggers: [], version: 1, zone: red${front} }\n---\n\n\`\`\`sh {"host":"web1","name":"a","risk":"read"${attributes}}\n${body}\n\`\`\`\n`;
  const { playbook } = parsePlaybook(text, "p.md");
  if (playbook === undefined) throw new Error("no playbook");
  return listReferences(playbook).map(({ kind, name, line, host }) => `${kind} ${name} :${line} @${host}`);
}

test.each([
  ["ampel service:plan x", ["host web1 :5 @local", "ampel service:plan :6 @local"]],
  ["( df -k | awk '{ print }' )", ["host web1 :5 @local", "command df :6 @web1", "command awk :6 @web1"]],
  [
    "cd /srv/app\n/opt/tool --in /etc/app.conf < /etc/list > /var/out",
    ["host web1 :5 @local", "file /srv/app :6 @web1", "file /opt/tool :7 @web1", "file /etc/app.conf :7 @web1", "file /etc/list :7 @web1"],
  ],
  [
    "sudo systemctl reload nginx.service php8.3-fpm",
    [
      "host web1 :5 @local",
      "command sudo :6 @web1",
      "command systemctl :6 @web1",
      "unit nginx.service :6 @web1",
      "unit php8.3-fpm :6 @web1",
    ],
  ],
  [
    "journalctl --unit nginx -u redis --unit=php",
    ["host web1 :5 @local", "command journalctl :6 @web1", "unit nginx :6 @web1", "unit redis :6 @web1", "unit php :6 @web1"],
  ],
  ["ssh root@backup true", ["host web1 :5 @local", "command ssh :6 @web1", "host backup :6 @local"]],
  [
    'export API="api.example.org"\ncurl -f "https://$API:8443/health"',
    ["host web1 :5 @local", "command curl :7 @web1", "url api.example.org :7 @web1"],
  ],
  ["curl --resolve a.org:443:127.0.0.1 https://a.org/", ["host web1 :5 @local", "command curl :6 @web1"]],
  ['f() { ls "$1"; }\nf "$X/y" /tmp/z\necho $(date)', ["host web1 :5 @local", "command ls :6 @web1", "command date :8 @web1"]],
  ["if test -e /etc/x; then printf x; fi", ["host web1 :5 @local", "file /etc/x :6 @web1"]],
])("%j names what it needs", (body, expected) => {
  expect(referencesOf(body)).toEqual(expected);
});

test("the front matter's needs and its return count as well", () => {
  expect(referencesOf("true", ", return: a-return, needs: [command:curl, contact:on-call, 'url:https://x.org/a', unit:nginx]")).toEqual([
    "command curl :1 @subject",
    "contact on-call :1 @subject",
    "url x.org :1 @subject",
    "unit nginx :1 @subject",
    "playbook a-return :1 @local",
    "host web1 :5 @local",
  ]);
});

test("a list that was not given is not taken for an empty one", () => {
  const reference = { path: "p.md", line: 1, host: "local" } as const;
  const given = [
    { ...reference, kind: "ampel", name: "x" },
    { ...reference, kind: "host", name: "web1" },
    { ...reference, kind: "file", name: "/x" },
  ] as const;
  expect(sortReferences(given, { playbooks: [], hosts: [] })).toEqual({ broken: [given[1]], remote: [given[2]], unchecked: [given[0]] });
  expect(sortReferences(given, { playbooks: [], hosts: ["web1"], commands: ["x"] })).toEqual({
    broken: [],
    remote: [given[2]],
    unchecked: [],
  });
});
