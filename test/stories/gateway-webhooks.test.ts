import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { minutes } from "../../src/kernel/clock.ts";
import { knownAs, type GatewayVendors } from "./gateway-vendors.ts";
import { openGatewayWorld, type GatewayWorld, type RunDocument } from "./gateway-world.ts";

const linde = knownAs("salon-linde");
const physio = knownAs("physio-nord");
const hasTerminal = spawnSync("script", ["--version"]).status === 0;
// One world, one after the other: a second try would begin where the first one broke off.
const bounded = { timeout: 58_000, retry: 0 };

/** A call as it was some minutes ago, none of whose events left the vendor. */
async function callUnheard({ retell }: GatewayVendors, from: string): Promise<string> {
  retell.webhooks.set({ kind: "lost" });
  const { call } = await retell.simulateCall({ from, to: linde.number, script: [{ agent: "Guten Tag." }, { user: "Danke, nein." }] });
  retell.webhooks.clear();
  if (call?.start_timestamp === undefined || call.end_timestamp === undefined) throw new Error("nobody was there");
  // Younger ones may still be on their way.
  call.start_timestamp -= minutes(5);
  call.end_timestamp -= minutes(5);
  return call.call_id;
}

let world: GatewayWorld;
const unheard: string[] = [];
beforeAll(async () => {
  world = await openGatewayWorld(async (vendors) => {
    for (const from of ["+4917604069001", "+4917604069002"]) unheard.push(await callUnheard(vendors, from));
    // Somebody published an agent anew and bound no number to it.
    const number = vendors.retell.state.numbers.get(physio.number);
    if (number !== undefined) number.inbound_agents = null;
  });
}, 60_000);
afterAll(async () => await world?.clear(), 60_000);

const stepsOf = (run: RunDocument | undefined): Record<string, string> =>
  Object.fromEntries((run?.steps ?? []).map(({ name, state }) => [name, state]));
const outputOf = (run: RunDocument | undefined, step: string): string => run?.steps.find(({ name }) => name === step)?.output ?? "";
/** P1 looks at the events, P4 at the numbers; how quick the others are on a busy machine is no part of the story. */
const badChecks = async (): Promise<string[]> =>
  (await world.health()).checks
    .filter(({ id, state }) => (id === "P1" || id === "P4") && state !== "ok")
    .map(({ id, cause }) => `${id} ${cause}`)
    .toSorted();
/** Where the vendor sends the events of the company's agent. */
const eventsGoTo = (): string => new URL(world.vendors.retell.state.agents.get(linde.agentId)?.webhook_url ?? "").origin;
const agentsOf = (number: string): string[] =>
  world.vendors.retell.state.numbers.get(number)?.inbound_agents?.map(({ agent_id }) => agent_id) ?? [];

test("webhooks are missing: the calls are fetched once, and nothing is sent elsewhere without a yes", bounded, async () => {
  const { retell } = world.vendors;
  await world.startStandby();
  await expect.poll(badChecks, { timeout: 20_000 }).toEqual(["P1 webhooks-missing", "P4 routing-drift"]);
  unheard.push(await callUnheard(world.vendors, "+4917604069003"));

  const { exitCode, document } = await world.ask(["emergency-response", "--auto-fix"]);
  expect([document.zone, exitCode], JSON.stringify(document.findings)).toEqual(["yellow", 11]);
  expect(document.findings.map(({ cause, subject }) => `${cause} ${subject}`)).toEqual(
    expect.arrayContaining(["webhooks-missing retell", "routing-drift retell"]),
  );
  const run = document.runs.find(({ playbook }) => playbook === "webhooks-missing");
  expect(stepsOf(run), JSON.stringify(run)).toEqual({ look: "done", backfill: "done", "replay-plan": "done", redirect: "needs-human" });
  expect(run?.state).toBe("needs-human");
  expect(eventsGoTo()).toBe(world.publicUrl);

  const readCalls = async () =>
    await world.rows<{ call_id: string; state: string }>("select call_id, state from gateway.call order by call_id");
  const fetched = unheard.toSorted().map((call_id) => ({ call_id, state: "ended" }));
  await expect.poll(readCalls).toEqual(fetched);
  // The vendor remembers after all: what was fetched and what it sends now are the same events.
  const countEvents = async () =>
    await world.rows("select dedup_key from gateway.inbox_event where event_type = 'call_ended' order by dedup_key");
  const before = await countEvents();
  for (const callId of unheard) retell.sendEvent("call_ended", callId);
  await retell.settled();
  expect(retell.webhooks.sent.slice(-unheard.length).every(({ isDelivered }) => isDelivered)).toBe(true);
  expect(await countEvents()).toEqual(before);
  expect(await readCalls()).toEqual(fetched);
  const late = await world.ask<{ accounts: { missing: number }[] }>(["calls:backfill", "--since", "2 hours ago", "--dry-run"]);
  expect(late.document.accounts).toMatchObject([{ missing: 0 }]);
  await expect.poll(async () => await world.unfinished(), { timeout: 5000 }).toEqual([]);
});

describe.skipIf(!hasTerminal)("with a person at the terminal (needs script: apt-get install bsdutils)", () => {
  const yes = { typing: [/alles andere/, "ja"] } as const;

  test("with a yes the stand-by takes the webhooks, and the return playbook gives them back", bounded, async () => {
    const { retell } = world.vendors;
    const there = await world.run(["playbook:run", "webhooks-missing", "--subject", "retell"], yes);
    expect(there.stdout).toMatch(/✓\S* redirect/);
    expect(eventsGoTo()).toBe(world.standbyUrl);
    const { call, outcome } = await retell.simulateCall({ from: "+4917604069004", to: linde.number, script: [{ agent: "Guten Tag." }] });
    expect(outcome).toBe("talked");
    await retell.settled();
    expect(retell.webhooks.sent.at(-1)).toMatchObject({ url: `${world.standbyUrl}/webhooks/retell`, isDelivered: true });
    await expect
      .poll(async () => await world.rows("select state from gateway.call where call_id = $1", [call?.call_id]))
      .toEqual([{ state: "ended" }]);

    const back = await world.run(["playbook:run", "webhooks-missing-return", "--subject", "retell"], yes);
    expect(back.exitCode, back.stdout).toBe(0);
    expect(eventsGoTo()).toBe(world.publicUrl);
  });

  test("a number without its agent: the company is reset after a yes, and the return playbook undoes exactly that", bounded, async () => {
    const { retell } = world.vendors;
    const ring = async (): Promise<string> => (await retell.simulateCall({ from: "+4917604069005", to: physio.number })).outcome;
    expect(await ring()).toBe("no-agent");
    const words = ["playbook:run", "calls-failing", "--subject", "retell", "--set", "COMPANY=physio-nord"];
    const unasked = await world.ask<RunDocument>(words);
    expect(unasked.document.state, unasked.stdout).toBe("needs-human");
    expect(outputOf(unasked.document, "look")).toMatch(/physio-nord.*no-agent/);
    expect(agentsOf(physio.number)).toEqual([]);

    const reset = await world.run(words, yes);
    expect(reset.exitCode, reset.stdout).toBe(0);
    expect(agentsOf(physio.number)).toEqual([physio.agentId]);
    expect(await ring()).toBe("talked");

    const [snapshot] = await world.rows<{ snapshot_id: string }>("select snapshot_id from gateway.snapshot order by taken_at desc");
    const undone = await world.run(
      [
        "playbook:run",
        "calls-failing-return",
        "--subject",
        "retell",
        "--set",
        `COMPANY=physio-nord,SNAPSHOT=${snapshot?.snapshot_id ?? ""}`,
      ],
      yes,
    );
    expect(undone.exitCode, undone.stdout).toBe(0);
    expect(agentsOf(physio.number)).toEqual([]);
    expect(agentsOf(linde.number)).toEqual([linde.agentId]);
  });
});
