import { seededTwilio } from "../vendors/seeded.ts";
import { startTwilio } from "../vendors/twilio.ts";
import { serveVendor } from "./vendor.ts";

// Started in a world that has a port and a key for it; the others do without a carrier.
await serveVendor("twilio", async ({ key, ...options }) => await startTwilio({ ...options, authToken: key, ...seededTwilio() }));
