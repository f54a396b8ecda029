import type { Message } from "../../kernel/message.ts";
import type { Cause } from "../../probes/cause.ts";
import type { World } from "../world.ts";

/** One way to break the world, and the way back. */
export type Fault = {
  readonly name: string;
  /** What it does, in one sentence. */
  readonly what: Message;
  /** What a diagnosis may name, the root first; its zone is the fault's. */
  readonly causes: readonly [Cause, ...Cause[]];
  /** The name in the world's `ampel.yaml` that the finding of the root speaks about. */
  readonly subject: string;
  /** The shipped playbook that cures it; absent when nothing may repair it without a person. */
  readonly playbook?: string;
  /** Breaks the world; returns when the damage can be seen from outside. Doing it twice changes nothing. */
  inject(world: World, signal?: AbortSignal): Promise<void>;
  /** Looks at the world itself, not at a note: false as soon as somebody cured it. */
  isInjected(world: World, signal?: AbortSignal): Promise<boolean>;
  /** Takes the damage away; nothing happens when there is none. */
  mend(world: World, signal?: AbortSignal): Promise<void>;
};
