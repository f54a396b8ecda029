import { expect, test } from "vitest";
import { message, verbatim } from "../kernel/message.ts";
import type { Entry, Happening } from "../logbook/entry.ts";
import { readPlaybook } from "../playbooks/run.test-support.ts";
import type { RunInput, RunOutcome } from "../playbooks/run-contract.ts";
import type { Cause, Zone } from "../probes/cause.ts";
import type { Finding } from "../triage/finding.ts";
import type { Picture } from "../triage/triage.ts";
import type { Durable } from "./durable.ts";
import { respond, type Scene } from "./respond.ts";

const playbook = readPlaybook([{ name: "act", risk: "write", body: "true" }]);

function finding(subject: string, given: Partial<Finding> = {}): Finding {
  return { cause: "disk-full", subject, host: "local", zone: "red", message: verbatim("full"), probeIds: [subject], since: 1, ...given };
}

function picture(...findings: Finding[]): Picture {
  const [worst] = findings.filter(({ mutedBy }) => mutedBy === undefined).map(({ zone }): Zone => zone);
  return { at: 1, zone: worst, findings, blindSpots: [], sightedCount: 1, blindness: [] };
}

type Stage = { readonly happened: Happening[]; readonly ran: string[]; readonly scene: Scene };

type Given = Omit<Partial<Scene>, "durable" | "look"> & {
  /** What each further look sees; the last one is seen again and again. */
  looks?: Picture[];
  run?: (id: string, input: RunInput) => Promise<RunOutcome>;
  unfinished?: { id: string; input: RunInput }[];
  pastRuns?: { playbookId: string; startedAt: number }[];
};

function setStage({ looks = [picture()], run, unfinished = [], pastRuns = [], ...given }: Given = {}): Stage {
  const happened: Happening[] = [];
  const ran: string[] = [];
  const rest = [...looks];
  const durable: Durable = {
    mode: "break-glass",
    logbook: { write: async (happening) => void happened.push(happening) },
    importedCount: 0,
    run: async (id, input) => {
      ran.push(input.subject);
      return await (run ?? succeed)(id, input);
    },
    unfinished: async () => unfinished,
    pastRuns: async () => pastRuns,
    serviceStarts: async () => [],
    undo: () => Promise.reject(new Error("not here")),
    entries: (): readonly Entry[] => [],
    mailbox: { send: async () => "delivered", cancel: async () => {} },
    awayMs: () => 0,
    launch: async () => {},
    close: async () => {},
  };
  const scene: Scene = {
    isFresh: true,
    durable,
    playbooks: [playbook],
    probes: [],
    orders: {
      authority: { level: "act", drilledDanger: [], canAsk: false },
      automation: { runsPerPlaybookAndHour: 3, runsPerHour: 6 },
      budgetMs: { green: 300_000, yellow: 900_000, red: 120_000 },
      parameters: {},
      startedBy: "test",
    },
    refusalsOf: () => [],
    look: async () => (rest.length > 1 ? rest.shift() : rest[0]) ?? picture(),
    isStillThere: async () => true,
    now: () => 3_600_000,
    onProgress: () => {},
    settleMs: 0,
    sleep: async () => {},
    signal: new AbortController().signal,
    ...given,
  };
  return { happened, ran, scene };
}

const outcomeOf = (id: string, { subject }: RunInput, state: RunOutcome["state"], reason = verbatim(state)): RunOutcome => ({
  runId: id,
  playbookId: "sample",
  subject,
  state,
  message: reason,
  steps: [],
  durationMs: 1,
});
const succeed = async (id: string, input: RunInput): Promise<RunOutcome> => outcomeOf(id, input, "succeeded");
const input: RunInput = {
  playbookPath: "red/sample.md",
  playbookText: playbook.text,
  subject: "web",
  host: "local",
  cause: "disk-full",
  zone: "red",
  parameters: {},
  budgetMs: 1,
  authority: { level: "act", drilledDanger: [], canAsk: false },
  startedBy: "test",
};
const kinds = ({ happened }: Stage): string[] =>
  happened.map((happening) => (happening.kind === "run-ended" ? `run-ended ${happening.state}` : happening.kind));

test("the worst zone is treated first, and the incident is resolved when nothing is left", async () => {
  const stage = setStage();
  const response = await respond(picture(finding("a", { zone: "green" }), finding("b")), stage.scene);
  expect(stage.ran).toEqual(["b", "a"]);
  expect(response.leftAlone).toEqual([]);
  expect(kinds(stage)).toEqual(["incident-opened", "finding-seen", "finding-seen", "incident-resolved"]);
});

test("what another finding explains is not treated", async () => {
  const stage = setStage();
  await respond(picture(finding("b"), finding("a", { mutedBy: "b" })), stage.scene);
  expect(stage.ran).toEqual(["b"]);
});

test("what was cured on the way is not treated any more", async () => {
  const stage = setStage({ isStillThere: async ({ subject }) => subject !== "b" });
  await respond(picture(finding("a"), finding("b", { since: 2 })), stage.scene);
  expect(stage.ran).toEqual(["a"]);
});

test("a finding that comes back is not treated a second time but handed to a person", async () => {
  const stage = setStage({ looks: [picture(finding("a"))] });
  const { leftAlone } = await respond(picture(finding("a")), stage.scene);
  expect(stage.ran).toEqual(["a"]);
  expect(leftAlone.map(({ reason }) => reason.key)).toEqual(["responder.came-back"]);
});

test("ever new findings are treated in three rounds at most", async () => {
  const stage = setStage({ looks: ["b", "c", "d", "e"].map((subject) => picture(finding(subject))) });
  await respond(picture(finding("a")), stage.scene);
  expect(stage.ran).toEqual(["a", "b", "c"]);
});

test("a run that needs a person says why, beside the finding that remains", async () => {
  const reason = message("run.approval-expired", { step: "act" });
  const stage = setStage({ looks: [picture(finding("a"))], run: async (id, given) => outcomeOf(id, given, "needs-human", reason) });
  const { leftAlone } = await respond(picture(finding("a")), stage.scene);
  expect(leftAlone).toMatchObject([{ finding: { subject: "a" }, reason }]);
});

test.each([
  ["a bug of ours", new TypeError("boom"), "needs-human"],
  ["a person who cancelled it", new DOMException("run x was cancelled", "AbortError"), "cancelled"],
])("a run ended by %s is written down as ended, and the others are still treated", async (_, error, state) => {
  const run = (id: string, given: RunInput): Promise<RunOutcome> => (given.subject === "a" ? Promise.reject(error) : succeed(id, given));
  const stage = setStage({ run, looks: [picture(finding("a"))] });
  const { runs, leftAlone } = await respond(picture(finding("a"), finding("b", { since: 2 })), stage.scene);
  expect(runs.map(({ subject, state: ended }) => [subject, ended])).toEqual([
    ["a", state],
    ["b", "succeeded"],
  ]);
  expect(kinds(stage)).toContain(`run-ended ${state}`);
  expect(leftAlone.map(({ finding: { subject } }) => subject)).toEqual(["a"]);
});

test("an interrupted run is finished first; one that can only break is not taken up for ever", async () => {
  const run = (id: string, given: RunInput): Promise<RunOutcome> =>
    given.subject === "web" ? Promise.reject(new Error("no playbook")) : succeed(id, given);
  const stage = setStage({ run, unfinished: [{ id: "run-old", input }], looks: [picture(finding("a")), picture()] });
  const { runs } = await respond(picture(), stage.scene);
  expect(stage.ran).toEqual(["web", "a"]);
  expect(runs.map(({ playbookId, state }) => [playbookId, state])).toEqual([
    ["sample", "needs-human"],
    ["sample", "succeeded"],
  ]);
  expect(kinds(stage)[0]).toBe("run-ended needs-human");
});

test("this process's own end is no outcome of the run", async () => {
  const stopping = new AbortController();
  const run = (): Promise<RunOutcome> => {
    stopping.abort();
    return Promise.reject(new DOMException("this process stops", "AbortError"));
  };
  const stage = setStage({ run, signal: stopping.signal });
  await expect(respond(picture(finding("a")), stage.scene)).rejects.toThrow(/stops/);
  expect(kinds(stage)).not.toContain("run-ended needs-human");
});

test.each([
  ["per playbook", [1, 2, 3].map((minute) => ({ playbookId: "sample", startedAt: minute * 60_000 })), "automation.playbook-limit"],
  ["per hour", [1, 2, 3, 4, 5, 6].map((minute) => ({ playbookId: `p${minute}`, startedAt: minute * 60_000 })), "automation.hour-limit"],
])("the limit %s is loud: an alarm, and the finding stays with its reason", async (_, pastRuns, key) => {
  const stage = setStage({ pastRuns, looks: [picture(finding("a"))] });
  const { leftAlone } = await respond(picture(finding("a")), stage.scene);
  expect(stage.ran).toEqual([]);
  expect(leftAlone.map(({ reason }) => reason.key)).toEqual([key]);
  expect(stage.happened.flatMap((happening) => (happening.kind === "alarm" ? [happening.message.key] : []))).toEqual([key]);
  expect(kinds(stage)).not.toContain("incident-resolved");
});

test("under observe nothing runs, and it says so", async () => {
  const stage = setStage({});
  const { leftAlone } = await respond(picture(finding("a")), {
    ...stage.scene,
    orders: { ...stage.scene.orders, authority: { level: "observe", drilledDanger: [], canAsk: true } },
    look: async () => picture(finding("a")),
  });
  expect(stage.ran).toEqual([]);
  expect(leftAlone.map(({ reason }) => reason.key)).toEqual(["automation.authority"]);
});

test.each<[Cause]>([["data-loss"], ["vendor-auth"]])("for %s there is no playbook, and that is said", async (cause) => {
  const stage = setStage({ looks: [picture(finding("a", { cause }))] });
  const { leftAlone } = await respond(picture(finding("a", { cause })), stage.scene);
  expect(stage.ran).toEqual([]);
  expect(leftAlone.map(({ reason }) => reason.key)).toEqual(["responder.no-playbook"]);
});
