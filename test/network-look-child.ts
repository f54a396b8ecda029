import { findProbeKind } from "../src/probes/catalogue.ts";
import { lookOnce } from "./network-look.ts";

// Looks from inside a namespace of its own: argv[2] is a JSON list of [kind, specification]; prints the results as JSON.
const given = JSON.parse(process.argv[2] ?? "[]") as [string, Record<string, unknown>][];
const seen = await Promise.all(given.map(async ([kind, spec]) => await lookOnce(findProbeKind(kind), spec, { deadlineMs: 3000 })));
process.stdout.write(JSON.stringify(seen));
