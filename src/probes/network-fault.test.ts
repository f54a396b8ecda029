import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { ProbeResult } from "./probe.ts";

const child = fileURLToPath(new URL("../../test/network-look-child.ts", import.meta.url));
const delegationChild = fileURLToPath(new URL("../../test/dns-delegation-child.ts", import.meta.url));
const canUnshare = spawnSync("unshare", ["-rmn", "ip", "link", "set", "lo", "up"]).status === 0;

const everyKind: readonly [string, Record<string, unknown>][] = [
  ["http", { url: "https://api.example.org/" }],
  ["http", { url: "http://203.0.113.7/" }],
  ["tcp", { address: "203.0.113.7", port: 443 }],
  ["tcp", { address: "db.example.org", port: 3306 }],
  ["certificate", { address: "203.0.113.7", servername: "api.example.org" }],
  ["dns", { name: "www.example.org" }],
  ["dns", { name: "www.example.org", servers: ["203.0.113.7:53"] }],
  ["vendor", { vendor: "retell", key: "${env:AMPEL_TEST_KEY}" }],
  ["vendor", { vendor: "calcom", key: "${env:AMPEL_TEST_KEY}", statusUrl: false }],
];

function lookFrom(argv: readonly string[], specs: typeof everyKind): (ProbeResult & { text: string })[] {
  const args = [...argv, process.execPath, child, JSON.stringify(specs)];
  const done = spawnSync("unshare", args, { encoding: "utf8", env: { ...process.env, AMPEL_TEST_KEY: "key-of-ours" }, timeout: 15_000 });
  if (done.status !== 0) throw new Error(done.stderr);
  return JSON.parse(done.stdout) as (ProbeResult & { text: string })[];
}

describe.skipIf(!canUnshare)(
  "without a network of our own (needs: user namespaces, sysctl kernel.unprivileged_userns_clone=1, or root; apt-get install iproute2)",
  () => {
    test("a prober that lost its network judges nobody", () => {
      const seen = lookFrom(["-rn"], everyKind);
      expect(seen.map(({ state }) => state)).toEqual(everyKind.map(() => "unknown"));
      for (const { cause, text } of seen) {
        expect(cause).toBeUndefined();
        expect(text).toMatch(/This machine has no working network itself/);
      }
    });

    test("the authoritative servers of a name are found by themselves, and one without an address is told", () => {
      const folder = mkdtempSync(join(tmpdir(), "ampel-resolver-"));
      try {
        writeFileSync(join(folder, "resolv.conf"), "nameserver 127.0.0.1\n");
        const prepare = `ip link set lo up && mount --bind ${folder}/resolv.conf /etc/resolv.conf && exec "$@"`;
        const done = spawnSync("unshare", ["-rmn", "sh", "-c", prepare, "sh", process.execPath, delegationChild], {
          encoding: "utf8",
          timeout: 15_000,
        });
        expect(done.stderr).toBe("");
        expect(JSON.parse(done.stdout)).toEqual([
          "ok: www.example.org A: 1 name servers agree on 203.0.113.7",
          "degraded: ns2.example.net is not authoritative for www.example.net or is failing (ENOTFOUND)",
          "down: www.example.org A: ns1.example.org (127.0.0.1) answers 203.0.113.7, expected is 203.0.113.9",
        ]);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });

    test("a prober whose resolver does not answer judges nobody by name, and says so before the deadline", () => {
      const folder = mkdtempSync(join(tmpdir(), "ampel-resolver-"));
      try {
        writeFileSync(join(folder, "resolv.conf"), "nameserver 192.0.2.1\n");
        const byName = everyKind.filter(([, spec]) => !JSON.stringify(spec).includes("203.0.113"));
        const seen = lookFrom(["-rm", "sh", "-c", `mount --bind ${folder}/resolv.conf /etc/resolv.conf && exec "$@"`, "sh"], byName);
        expect(seen.map(({ state }) => state)).toEqual(byName.map(() => "unknown"));
        for (const { durationMs } of seen) expect(durationMs).toBeLessThan(3000);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
  },
);
