import type { Host } from "../integrations/host.ts";
import type { Message } from "../kernel/message.ts";

export const changeKinds = ["release", "configuration", "package", "unit", "cron", "certificate", "playbook", "host"] as const;
export type ChangeKind = (typeof changeKinds)[number];

/** Something that became different. `at`: epoch ms UTC by the host's clock. */
export type Change = {
  readonly at: number;
  readonly kind: ChangeKind;
  readonly host: string;
  readonly what: Message;
  /** True when this source could not be looked at: what it would have told is unknown, not unchanged. */
  readonly isBlind?: boolean;
};

/** Where to look on one host. Folders are searched four levels deep. */
export type ChangePaths = {
  /** `current` links, or working copies of git. */
  readonly releases?: readonly string[];
  readonly configuration?: readonly string[];
  readonly certificates?: readonly string[];
  readonly playbooks?: readonly string[];
};

export type WatchedHost = { readonly host: Host; readonly paths: ChangePaths };
