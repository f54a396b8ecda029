import { parseDuration } from "../../kernel/duration.ts";
import { exitCodes } from "../../kernel/failure.ts";
import { message, say } from "../../kernel/message.ts";
import { bringBack, describeState, sightService, type ServiceSight } from "../../responder/bring-back.ts";
import { usage } from "../arguments.ts";
import { done, type Call, type Command, type Outcome } from "../command.ts";
import type { Line } from "../line.ts";
import type { Screen } from "../screen.ts";

const actOptions = {
  settle: { value: "7s", what: message("option.settle") },
  force: { what: message("option.force-start") },
} as const;

export const servicePlan: Command = {
  words: ["SUBJECT"],
  options: {},
  async run({ app, words: [subject = ""], screen, signal }) {
    return show(await sightService(app, subject, signal), screen);
  },
};

export const serviceStart: Command = { words: ["SUBJECT"], options: actOptions, run: (call) => act(call, "start") };
export const serviceRestart: Command = { words: ["SUBJECT"], options: actOptions, run: (call) => act(call, "restart") };

async function act(
  { app, words: [subject = ""], values, flags, isDryRun, screen, signal }: Call,
  verb: "start" | "restart",
): Promise<Outcome> {
  if (isDryRun) return show(await sightService(app, subject, signal), screen);
  const settleMs = parseDuration(values.get("settle") ?? "0s");
  if (settleMs === undefined) throw usage(`service:${verb}`, message("option.settle"));
  const brought = await bringBack(app, subject, { verb, isForced: flags.has("force"), settleMs, signal });
  const lines: Line[] =
    brought.length === 0 ? [message("service.nothing-to-start", { subject })] : brought.map(({ result }) => result.what);
  const services = brought.map(({ service, result }) => ({
    service,
    stage: result.stage,
    readyMs: result.readyMs,
    provenMs: result.provenMs,
  }));
  return done({ subject, services }, lines, exitCodes.allClear);
}

function show({ name, states, plan }: ServiceSight, screen: Screen): Outcome {
  const { language } = screen;
  const order = plan.restarts.map((each) => each.name);
  const lines = [...states].map(([service, state]) => `  ${service.padEnd(20)} ${say(describeState(state), language)}`);
  return done(
    {
      service: name,
      states: Object.fromEntries(
        [...states].map(([service, { isRunning, isHung, result, lastExit }]) => [service, { isRunning, isHung, result, lastExit }]),
      ),
      order,
      recheck: plan.recheck,
    },
    [...lines, order.length === 0 ? message("service.all-up") : message("service.order", { order: order.join(" → ") })],
  );
}
