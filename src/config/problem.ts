import { Failure } from "../kernel/failure.ts";
import { message, say, type Language, type Message } from "../kernel/message.ts";

/** One mistake in ampel.yaml: where it stands, what is wrong, and what to write instead. */
export type ConfigProblem = {
  readonly file: string;
  /** Both count from 1, as editors do. */
  readonly line: number;
  readonly column: number;
  /** `services.nginx.dependsOn[0]`; empty for the file as a whole. */
  readonly field: string;
  readonly what: Message;
  readonly instead: Message;
};

/** `config-invalid` with every problem of the file, in the order of its lines. */
export class ConfigInvalid extends Failure {
  override name = "ConfigInvalid";
  readonly problems: readonly ConfigProblem[];

  constructor(file: string, problems: readonly ConfigProblem[]) {
    const sorted = [...problems].sort((one, other) => one.line - other.line || one.column - other.column);
    super("config-invalid", summary(file, sorted), message("config.next"));
    this.problems = sorted;
  }
}

function summary(file: string, problems: readonly ConfigProblem[]): Message {
  const [first] = problems;
  if (first === undefined || problems.length > 1) {
    return message("config.invalid-many", { file, count: problems.length, first: first === undefined ? "" : placed(first) });
  }
  return message("config.invalid-one", { file, first: placed(first) });
}

function placed(problem: ConfigProblem): Message {
  const { line, column, field, what } = problem;
  return field === "" ? message("config.placed", { line, column, what }) : message("config.placed-field", { line, column, field, what });
}

/** Two lines for a terminal: `ampel.yaml:7:3 services.nginx: …` and what to write instead. */
export function printProblem(problem: ConfigProblem, language: Language): string {
  const { file, line, column, field, what, instead } = problem;
  return `${file}:${line}:${column} ${field === "" ? "" : `${field}: `}${say(what, language)}\n  → ${say(instead, language)}`;
}

export type FieldPath = readonly (string | number)[];

/** `["services", "nginx", "dependsOn", 0]` → `services.nginx.dependsOn[0]`. */
export function printField(path: FieldPath): string {
  return path.map((part, index) => (typeof part === "number" ? `[${part}]` : index === 0 ? part : `.${part}`)).join("");
}
