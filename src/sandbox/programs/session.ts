import pg from "pg";
import { connectionString } from "../database.ts";
import { readWorld, worldPaths, writeWhole } from "../world.ts";

// A forgotten session: it changed a row that every page needs, and never says commit.
const world = readWorld(process.argv[2] ?? "");
if (world === undefined) throw new Error("usage: session WORLD.json");

const client = new pg.Client({ connectionString: connectionString(world), application_name: "forgotten-session" });
// Ended by an administrator, or its server is gone: it does not come back.
client.on("error", () => process.exit(0));
client.on("end", () => process.exit(0));
process.once("SIGTERM", () => process.exit(0));

await client.connect();
await client.query("begin");
await client.query("update companies set page_views = page_views where id = 1");
writeWhole(worldPaths(world.folder).readyFile("session"), JSON.stringify({ pid: process.pid }));
