import { circuitBreaker, CountBreaker, handleAll } from "cockatiel";
import { openBreakers } from "../src/gateway/breakers/keep-breakers.ts";
import { systemClock } from "../src/kernel/clock.ts";
import { tell } from "./figure.ts";

/** Issue H5: what the check of a closed breaker may cost on the hot path. */
const limitMicroseconds = 2;
const rounds = process.argv.includes("--short") ? 5 : 15;
const callsPerRound = 200_000;

const signal = new AbortController().signal;
const answer = Promise.resolve({ status: 200 });
const work = async (): Promise<{ status: number }> => await answer;

const breakers = await openBreakers({ pool: undefined, clock: systemClock });
const peer = circuitBreaker(handleAll, {
  halfOpenAfter: 15_000,
  breaker: new CountBreaker({ threshold: 0.5, size: 20, minimumNumberOfCalls: 5 }),
});

/** Microseconds of one call, over a round. */
async function measure(call: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  for (let count = 0; count < callsPerRound; count += 1) await call();
  return ((performance.now() - startedMs) * 1000) / callsPerRound;
}

let seen = 0;
function measureState(): number {
  const startedMs = performance.now();
  for (let count = 0; count < callsPerRound; count += 1) if (breakers.state("calcom") === "closed") seen += 1;
  return ((performance.now() - startedMs) * 1000) / callsPerRound;
}

const samples = { bare: [] as number[], ours: [] as number[], peer: [] as number[], state: [] as number[] };
for (let round = -2; round < rounds; round += 1) {
  // One after the other within each round, so that a noisy minute of the machine falls on all of them.
  const [bare, ours, theirs] = [
    await measure(work),
    await measure(() => breakers.run("calcom", work, signal)),
    await measure(() => peer.execute(work, signal)),
  ];
  const state = measureState();
  if (round < 0) continue; // warming up
  samples.bare.push(bare);
  samples.ours.push(ours - bare);
  samples.peer.push(theirs - bare);
  samples.state.push(state);
}
await breakers.close();
if (seen !== (rounds + 2) * callsPerRound) throw new Error("the breaker was not closed all the time");

tell({ figure: "H5 bare async call", unit: "µs", samples: samples.bare });
tell({ figure: "H5 added by cockatiel, closed", unit: "µs", samples: samples.peer });
const isRunKept = tell({
  figure: "H5 added by run(), closed",
  unit: "µs",
  samples: samples.ours,
  limit: limitMicroseconds,
  peer: "bare function; cockatiel CountBreaker above",
});
const isStateKept = tell({ figure: "H5 state()", unit: "µs", samples: samples.state, limit: limitMicroseconds });
process.exitCode = isRunKept && isStateKept ? 0 : 1;
