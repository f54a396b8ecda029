import fc from "fast-check";
import { expect, test } from "vitest";
import { originOf, parseOrigin, planBack, planFallback, type WebhookTarget } from "./plan-fallback.ts";

const home = "https://gw.example.org";
const backup = "https://backup.example.org";
const target = (what: WebhookTarget["what"], url: string | undefined, firstUrl?: string): WebhookTarget => ({
  vendor: what === "voice-fallback" ? "twilio" : "retell",
  what,
  id: "one",
  url,
  ...(firstUrl === undefined ? {} : { firstUrl }),
});

test.each<[what: string, given: WebhookTarget, fate: "changes" | "foreign" | "same" | "none", to?: string]>([
  ["ours goes to the backup with its path", target("agent", `${home}/webhooks/retell`), "changes", `${backup}/webhooks/retell`],
  ["Retell's variables stay as they are", target("number", `${home}/in?call={{call_id}}`), "changes", `${backup}/in?call={{call_id}}`],
  ["somebody else's stays", target("agent", "https://crm.example.com/hook"), "foreign"],
  ["a name that only begins like ours is not ours", target("agent", "https://gw.example.org.evil.com/webhooks"), "foreign"],
  ["an agent without an address uses the account's", target("agent", undefined), "none"],
  ["what stands there already stays", target("agent", `${backup}/webhooks/retell`), "same"],
  [
    "a number of ours gets its voice fallback",
    target("voice-fallback", undefined, `${home}/twilio/voice`),
    "changes",
    `${backup}/twilio/voice`,
  ],
  ["a number that rings elsewhere gets none", target("voice-fallback", undefined, "https://pbx.example.com/"), "foreign"],
  ["somebody else's voice fallback stays", target("voice-fallback", "https://pbx.example.com/", `${home}/twilio/voice`), "foreign"],
])("%s", (_, given, fate, to) => {
  const plan = planFallback([given], backup, [home, backup]);
  const found = { changes: plan.changes.length, foreign: plan.foreign.length, same: plan.same.length };
  expect(found).toEqual({ changes: 0, foreign: 0, same: 0, ...(fate === "none" ? {} : { [fate]: 1 }) });
  if (to !== undefined) expect(plan.changes[0]?.to).toBe(to);
});

test("the way back knows what was changed since, what is back already, and what is gone", () => {
  const kept = [
    { vendor: "retell", what: "agent", id: "one", from: "a", to: "b" },
    { vendor: "retell", what: "agent", id: "two", from: "a", to: "b" },
    { vendor: "calcom", what: "webhook", id: "3", from: "a", to: "b" },
  ] as const;
  const now = (url: string): WebhookTarget[] => [target("agent", url)];
  expect(planBack(kept, now("b"), ["retell"])).toMatchObject({ changes: [{ to: "a" }], moved: [], gone: [{ id: "two" }] });
  expect(planBack(kept, now("a"), ["retell"])).toMatchObject({ changes: [], same: [{ id: "one" }] });
  expect(planBack(kept, now("c"), ["retell"])).toMatchObject({ changes: [], moved: [{ url: "c" }] });
});

const address = fc
  .tuple(fc.constantFrom(home, backup, "https://crm.example.com", "http://127.0.0.1:8480", "nothing"), fc.string({ maxLength: 20 }))
  .map(([origin, rest]) => `${origin}/${rest}`);

test("law: there and back again leaves every address as it was", () => {
  fc.assert(
    fc.property(fc.array(address, { maxLength: 8 }), (urls) => {
      const targets = urls.map((url, index): WebhookTarget => ({ vendor: "retell", what: "agent", id: String(index), url }));
      const ours = urls.map(originOf).filter((origin, index) => origin !== "" && index % 2 === 0);
      const { changes } = planFallback(targets, backup, [...ours, backup]);
      const there = targets.map((each) => ({ ...each, url: changes.find((change) => change.target.id === each.id)?.to ?? each.url }));
      const kept = changes.map(({ target: { vendor, what, id, url }, to }) => ({ vendor, what, id, from: url, to }));
      const back = planBack(kept, there, ["retell"]);
      expect(there.map((each) => back.changes.find((change) => change.target.id === each.id)?.to ?? each.url)).toEqual(urls);
    }),
  );
});

test.each([
  ["https://backup.example.org", "https://backup.example.org"],
  ["https://backup.example.org/", "https://backup.example.org"],
  ["https://backup.example.org:8443", "https://backup.example.org:8443"],
  ["http://127.0.0.1:8480", "http://127.0.0.1:8480"],
  ["http://backup.example.org", undefined],
  ["https://backup.example.org/x", undefined],
  ["https://me:pw@backup.example.org", undefined],
  ["ftp://backup.example.org", undefined],
  ["backup", undefined],
])("%s as an origin is %s", (text, origin) => {
  expect(parseOrigin(text)).toBe(origin);
});
