import { serveVendor } from "./vendor.ts";

serveVendor("calcom");
