import { message } from "../../kernel/message.ts";
import { nearestOf, usage } from "../arguments.ts";
import { done, type Command } from "../command.ts";

/** After an expected migration, or a wanted deletion: the next look takes what it finds as the new baseline. */
export const schemaAcknowledge: Command = {
  words: ["DATABASE", "[TABLE]"],
  options: {},
  async run({ app, words: [database = "", table], isDryRun }) {
    const probes = (await app.probes()).filter(({ kind }) => kind === "mariadb" || kind === "postgres");
    const probe = probes.find(({ id, subject }) => id === database || subject === database);
    if (probe === undefined) {
      const names = probes.map(({ subject }) => subject);
      throw usage("schema:acknowledge", message("db.unknown", { name: database, nearest: nearestOf(database, names) ?? names[0] ?? "–" }));
    }
    if (!isDryRun) app.memory.ask(probe.id, table ?? "schema");
    return done({ probe: probe.id, table, isDryRun }, [message("schema.acknowledged", { what: table ?? database })]);
  },
};
