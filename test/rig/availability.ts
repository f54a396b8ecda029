import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { locateImage } from "./image.ts";

const tools = ["systemd-nspawn", "ip", "nsenter", "setpriv", "ssh", "ssh-keygen", "nc"];
const folders = [...(process.env["PATH"] ?? "").split(":"), "/usr/sbin", "/sbin"];

// Bits of CapEff, see capabilities(7): a root without them (a plain container) cannot boot hosts.
const netAdminBit = 12n;
const sysAdminBit = 21n;

function hasTool(name: string): boolean {
  return folders.some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function hasCapabilities(): boolean {
  const line = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"));
  const effective = BigInt(`0x${line?.[1] ?? "0"}`);
  return [netAdminBit, sysAdminBit].every((bit) => (effective & (1n << bit)) !== 0n);
}

/** Why hosts cannot be booted here and what would change that, or undefined when they can. */
export function rigMissing(): string | undefined {
  if (process.platform !== "linux") return "booted hosts need Linux, run the tests on a Debian machine";
  if (process.getuid?.() !== 0 || !hasCapabilities()) {
    return "booted hosts need a real root (CAP_SYS_ADMIN, CAP_NET_ADMIN), run the tests with sudo";
  }
  const missing = tools.filter((tool) => !hasTool(tool));
  if (missing.length > 0) {
    return `${missing.join(", ")} not found, run: sudo scripts/install-test-services.sh`;
  }
  if (!existsSync(locateImage())) return "the server image is not built, run: sudo test/rig/build-image.sh";
  return undefined;
}
