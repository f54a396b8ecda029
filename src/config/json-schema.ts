import { z } from "zod";
import { configSchema } from "./schema.ts";

/** JSON Schema (2020-12) of ampel.yaml for editors: what may be written, with descriptions. */
export function configJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(configSchema, { io: "input", unrepresentable: "any", reused: "ref" });
  return {
    ...schema,
    $id: "ampel.schema.json",
    title: "ampel.yaml",
    description: "Configuration of Ampel",
    // Entries of one's own, as a place for YAML anchors.
    patternProperties: { "^x-": {} },
  };
}

/** The text of docs/reference/ampel.schema.json; the same configuration always gives the same bytes. */
export function printConfigJsonSchema(): string {
  return `${JSON.stringify(configJsonSchema(), null, 2)}\n`;
}
