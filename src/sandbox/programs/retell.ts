import { startRetell } from "../vendors/retell.ts";
import { seededRetell } from "../vendors/seeded.ts";
import { serveVendor } from "./vendor.ts";

await serveVendor("retell", async (options) => await startRetell({ ...options, ...seededRetell() }));
