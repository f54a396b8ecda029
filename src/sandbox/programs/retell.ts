import { serveVendor } from "./vendor.ts";

serveVendor("retell");
