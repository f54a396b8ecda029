import { openStore } from "../../store/store.ts";
import { effectHandler, fakeGateway } from "./inbox.test-support.ts";
import { startInboxWorker } from "./worker.ts";

// A worker as its own process, to be killed in the middle: argv = state folder, share of events that fail at random.
const [stateFolder = "", failingShare = "0"] = process.argv.slice(2);
const store = await openStore({ stateFolder });
const handler = effectHandler(() => {
  if (Math.random() < Number(failingShare)) throw new Error("at random");
  return { kind: "done" };
});
startInboxWorker(fakeGateway(store.pool), [handler], {
  pollMs: 5,
  batchSize: 40,
  retries: { attempts: 1000, firstPauseMs: 5, longestPauseMs: 50 },
});
process.once("disconnect", () => process.exit(0));
process.send?.("working");
