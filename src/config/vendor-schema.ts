import { z } from "zod";
import { secretSchema } from "../kernel/secret.ts";
import type { ProbeKind } from "../probes/probe.ts";
import { vendorProbe } from "../probes/vendor.ts";
import { watchFields, type Watch } from "./fields.ts";
import { extendKind, toWatch } from "./watch-schema.ts";

const kind: ProbeKind = vendorProbe;
const vendorNames = vendorProbe.schema.shape.vendor.options;

const entry = extendKind(
  kind,
  { apiKey: secretSchema.describe("Reference to the key: ${file:…}, ${env:…} or ${credential:…}"), ...watchFields },
  ["vendor", "key"],
);

/** The vendors the product stands on; each entry's name says which. */
export const vendorsSection = z
  .partialRecord(z.enum(vendorNames), entry)
  .optional()
  .default({})
  .transform((entries) =>
    Object.fromEntries(
      Object.entries(entries).map(([vendor, { apiKey, ...given }]): [string, Watch] => [
        vendor,
        toWatch(kind, { ...given, vendor, key: apiKey }),
      ]),
    ),
  )
  .describe("Retell and Cal.com: an authenticated cheap call, and their status page as a hint");
