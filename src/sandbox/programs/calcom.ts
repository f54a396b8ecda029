import { startCalcom } from "../vendors/calcom.ts";
import { seededCalcom } from "../vendors/seeded.ts";
import { serveVendor } from "./vendor.ts";

// The world's own looks come many times a second and with the same key: Cal.com's 120 a minute would end every rehearsal.
const requestsPerMinute = 12_000;

await serveVendor("calcom", async (options) => await startCalcom({ ...options, ...seededCalcom(), requestsPerMinute }));
