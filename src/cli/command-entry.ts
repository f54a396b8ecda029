import type { Message } from "../kernel/message.ts";
import type { Command } from "./command.ts";

/** What is known of a command before it is loaded. */
export type CommandEntry = {
  readonly summary: Message;
  /** It can change something: it then has `--dry-run`, and no block with risk `read` may call it. */
  readonly isChanging: boolean;
  load(): Promise<Command>;
};
