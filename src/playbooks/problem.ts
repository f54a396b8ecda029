import { message, type Message, type MessageKey } from "../kernel/message.ts";
import type { Problem } from "./playbook.ts";

/** Rules are named by their texts: `lint.<rule>` says what is wrong, `lint.<rule>.way` what to do instead. */
export type RuleId = MessageKey extends infer Key ? (Key extends `lint.${infer Id}.way` ? Id : never) : never;

export function whatOf(rule: RuleId): Message {
  return { key: `lint.${rule}`, values: {} };
}

export function wayOf(rule: RuleId): Message {
  return { key: `lint.${rule}.way`, values: {} };
}

/** Collects problems of one document. */
export function openProblems(path: string): { readonly list: Problem[]; add(rule: RuleId, line: number, what?: Message): void } {
  const list: Problem[] = [];
  return {
    list,
    add: (rule, line, what) => {
      list.push({ rule, path, line, message: what ?? whatOf(rule), safeWay: wayOf(rule) });
    },
  };
}

/** `playbooks/red/disk-full.md:12: what is wrong → what to write instead`, as a message. */
export function describeProblem(problem: Problem): Message {
  return message("playbook.problem", { path: problem.path, line: problem.line, what: problem.message, way: problem.safeWay });
}
