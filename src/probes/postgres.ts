import { postgresConnectionSchema, withPostgres } from "../integrations/postgres-client.ts";
import { databaseFields, lookAtDatabase, observeFaults, statementLimit } from "./database-look.ts";
import { postgresReader } from "./postgres-reading.ts";
import { defineProbe } from "./probe.ts";

/** Is this PostgreSQL there, writable, in step, and are its critical tables complete? */
export const postgresProbe = defineProbe({
  kind: "postgres",
  schema: postgresConnectionSchema.extend(databaseFields).describe("PostgreSQL: reachable, writable, in step, critical tables complete"),
  silence: { state: "down", cause: "database-down" },
  look: (spec, context) =>
    observeFaults(() =>
      withPostgres(spec, context.signal, statementLimit(context.deadlineMs), (session) =>
        lookAtDatabase(session, postgresReader, spec, spec, context),
      ),
    ),
});
