import { message } from "../kernel/message.ts";
import type { Fence } from "./document.ts";
import { hashStep } from "./hash.ts";
import { blocksOf, hostWords } from "./playbook.ts";
import type { Block, FailureRule, Idempotence, Parameter, Step } from "./playbook.ts";
import type { openProblems } from "./problem.ts";

type Pair = { readonly fence: Fence; readonly block: Block };
type Problems = ReturnType<typeof openProblems>;

/** Ties guard, verify, undo and fallback blocks to their `do` block; order is that of the `do` blocks. */
export function assembleSteps(pairs: readonly Pair[], cwd: string | undefined, problems: Problems): { steps: Step[]; notes: Block[] } {
  const doing = pairs.filter(({ block }) => block.role === "do");
  const names = new Set(doing.map(({ block }) => block.name));
  const notes = pairs.filter(({ block }) => block.role === "note").map(({ block }) => block);
  const tied = new Map<string, Block>();

  for (const { block } of pairs) {
    const target = block.attributes["for"];
    if (block.role === "do" || block.role === "note") {
      if (target !== undefined) {
        problems.add("for-target", block.line, message("lint.for-target.needless", { name: block.name, role: block.role }));
      }
      continue;
    }
    if (target === undefined || !names.has(target)) {
      problems.add("for-target", block.line, message("lint.for-target.seen", { name: block.name, target: target ?? "" }));
      continue;
    }
    const key = `${block.role} ${target}`;
    const earlier = tied.get(key);
    if (earlier !== undefined) {
      problems.add(
        "for-target",
        block.line,
        message("lint.for-target.twice", { name: block.name, role: block.role, target, earlier: earlier.line }),
      );
    } else tied.set(key, block);
  }

  const steps = doing.map(({ fence, block }) => {
    const parts = (["guard", "verify", "undo", "fallback"] as const).flatMap((role) => {
      const part = tied.get(`${role} ${block.name}`);
      return part === undefined ? [] : [[role, part] as const];
    });
    return buildStep(fence, block, Object.fromEntries(parts), cwd, problems);
  });
  return { steps, notes };
}

function buildStep(
  fence: Fence,
  block: Block,
  parts: Partial<Pick<Step, "guard" | "verify" | "undo" | "fallback">>,
  cwd: string | undefined,
  problems: Problems,
): Step {
  const { attributes } = block;
  const host = attributes["host"] ?? hostWords.local;
  for (const part of Object.values(parts)) {
    const other = part.attributes["host"];
    if (other !== undefined && other !== host) {
      problems.add(
        "host-differs",
        part.line,
        message("lint.host-differs.seen", { name: part.name, host: other, step: block.name, expected: host }),
      );
    }
  }
  const lock = attributes["lock"];
  const expect = attributes["expect"];
  const reason = attributes["reason"];
  const stepCwd = attributes["cwd"] ?? cwd;
  const step = {
    name: block.name,
    heading: fence.heading,
    prose: fence.paragraph,
    do: block,
    ...parts,
    risk: block.risk,
    timeoutMs: block.timeoutMs,
    retries: Number(attributes["retries"] ?? "0"),
    ...(lock === undefined ? {} : { lock }),
    idempotent: (attributes["idempotent"] ?? (block.risk === "read" ? "yes" : "no")) as Idempotence,
    host,
    ...(stepCwd === undefined ? {} : { cwd: stepCwd }),
    approve: Number(attributes["approve"] ?? "0") as 0 | 1 | 2,
    onFailure: (attributes["on-failure"] ?? "stop") as FailureRule,
    ...(expect === undefined ? {} : { expect }),
    ...(reason === undefined ? {} : { reason }),
    parameters: [] as readonly Parameter[],
    hash: "",
  } satisfies Step;
  const blocks = blocksOf(step);
  const parameters = new Map<string, Parameter>();
  for (const parameter of blocks.flatMap((part) => part.parameters)) {
    const earlier = parameters.get(parameter.name);
    if (earlier === undefined) parameters.set(parameter.name, parameter);
    else if (earlier.preset !== parameter.preset) {
      problems.add(
        "parameter-differs",
        parameter.line,
        message("lint.parameter-differs.seen", { name: parameter.name, earlier: earlier.line }),
      );
    }
  }
  return { ...step, parameters: [...parameters.values()], hash: hashStep(blocks, stepCwd === undefined ? {} : { cwd: stepCwd }) };
}
