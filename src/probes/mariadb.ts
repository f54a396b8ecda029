import { mariadbConnectionSchema, withMariadb } from "../integrations/mariadb.ts";
import { databaseFields, lookAtDatabase, observeFaults, statementLimit } from "./database-look.ts";
import { mariadbReader } from "./mariadb-reading.ts";
import { defineProbe } from "./probe.ts";

/** Is this MariaDB or MySQL there, writable, in step, and are its critical tables complete? */
export const mariadbProbe = defineProbe({
  kind: "mariadb",
  schema: mariadbConnectionSchema
    .extend(databaseFields)
    .describe("MariaDB or MySQL: reachable, writable, in step, critical tables complete"),
  silence: { state: "down", cause: "database-down" },
  look: (spec, context) =>
    observeFaults(() =>
      withMariadb(spec, context.signal, statementLimit(context.deadlineMs), (session) =>
        lookAtDatabase(session, mariadbReader, spec, spec, context),
      ),
    ),
});
