import { executeLine } from "./cli/execute.ts";

const interrupt = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) {
  process.once(name, () => {
    interrupt.abort(new DOMException(name, "AbortError"));
    // A second one ends it the hard way: whoever insists at three in the morning has a reason.
    process.once(name, () => process.exit(130));
  });
}
// Whoever reads our output may leave early (`| head`); the work goes on.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

process.exitCode = await executeLine(process.argv.slice(2), process.env, interrupt.signal);
// What is still open by now (a connection that does not answer) has nothing more to say.
setTimeout(() => process.exit(), 2000).unref();
