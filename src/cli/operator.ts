import { userInfo } from "node:os";
import type { App } from "../app.ts";

/** Who types: the person behind `sudo`, else the account. */
export function operatorName({ env }: Pick<App, "env">): string {
  return env["SUDO_USER"] || userInfo().username;
}
