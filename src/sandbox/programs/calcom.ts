import { startCalcom } from "../vendors/calcom.ts";
import { seededCalcom } from "../vendors/seeded.ts";
import { serveVendor } from "./vendor.ts";

await serveVendor("calcom", async (options) => await startCalcom({ ...options, ...seededCalcom() }));
