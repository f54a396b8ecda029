import type { Message } from "../../kernel/message.ts";
import type { Document, Fence, TextLine } from "../document.ts";
import type { Playbook } from "../playbook.ts";
import type { RuleId } from "../problem.ts";
import type { ShellCommand } from "../shell.ts";

/** A command of ours a playbook may call. */
export type KnownCommand = {
  readonly name: string;
  /** It changes something: a block with risk `read` may not call it. */ readonly isWriting?: boolean;
};

export type LintOptions = {
  readonly commands: readonly KnownCommand[];
  /** Epoch ms; for the review date. */
  readonly now: number;
  /** Ids of all playbooks, when known: a `return` that names none of them is a finding. */
  readonly playbookIds?: ReadonlySet<string>;
};

/** A fenced shell text, with its commands; lines count in the document. */
export type Script = {
  readonly fence: Fence;
  readonly language: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly commands: readonly ShellCommand[];
  readonly lines: readonly TextLine[];
};

export type LintContext = {
  readonly document: Document;
  readonly playbook?: Playbook;
  readonly scripts: readonly Script[];
  /** Every line of the document but the front matter. */
  readonly lines: readonly TextLine[];
  /** The lines that are no shell: prose, cards, sample output. */
  readonly prose: readonly TextLine[];
  readonly options: LintOptions;
};

export type Hit = { readonly line: number; readonly what?: Message };

export const families = ["format", "safety", "data", "service", "release", "vendor", "secret", "reference", "promise"] as const;
export type Family = (typeof families)[number];
export type Severity = "error" | "warning";

/**
 * One rule: what it looks for, the number of the procedure it comes from (`procedures.md`, 1-41), and its two texts
 * `lint.<id>` and `lint.<id>.way`. Rules without `check` are reported by the parser.
 */
export type LintRule = {
  readonly id: RuleId;
  readonly family: Family;
  readonly severity: Severity;
  readonly procedure?: number;
  readonly check?: (context: LintContext) => Iterable<Hit>;
};

/** A rule that looks at one command after the other. */
export function commandRule(
  id: RuleId,
  family: Family,
  procedure: number | undefined,
  matches: (command: ShellCommand, script: Script, index: number) => boolean,
  severity: Severity = "error",
): LintRule {
  return {
    id,
    family,
    severity,
    ...(procedure === undefined ? {} : { procedure }),
    *check({ scripts }) {
      for (const script of scripts) {
        for (const [index, command] of script.commands.entries()) {
          if (matches(command, script, index)) yield { line: command.line };
        }
      }
    },
  };
}

/** A rule that looks at one line of text after the other. */
export function lineRule(
  id: RuleId,
  family: Family,
  procedure: number | undefined,
  where: "lines" | "prose",
  pattern: RegExp,
  severity: Severity = "error",
): LintRule {
  return {
    id,
    family,
    severity,
    ...(procedure === undefined ? {} : { procedure }),
    *check(context) {
      for (const { line, text } of context[where]) if (pattern.test(text)) yield { line };
    },
  };
}
