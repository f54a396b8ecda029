import { join } from "node:path";
import { installFolder, type App } from "../app.ts";
import { listChanges } from "../changes/list-changes.ts";
import type { Change } from "../changes/change.ts";
import { watchedHosts } from "../config/expand.ts";
import { hours } from "../kernel/clock.ts";

/** Where services of the chain keep what an operator edits. Folders that are not there are no finding. */
const configurationFolders = ["/etc/nginx", "/etc/php", "/etc/mysql", "/etc/redis", "/etc/supervisor", "/etc/systemd/system", "/etc/ampel"];
const certificateFolders = ["/etc/letsencrypt/live"];

/** What changed in the last 24 hours, newest first: half of the known failures followed a change. */
export async function recentChanges(app: App, signal: AbortSignal): Promise<readonly Change[]> {
  const { config } = await app.loaded();
  const now = app.clock.now();
  const releases = Object.values(config.releases);
  const folders = [...configurationFolders, ...certificateFolders];
  const hosts = await Promise.all(
    watchedHosts(config).map(async ([name]) => {
      const host = app.openHost(name);
      // Which of them are there; a host that cannot be asked is named by the look itself.
      const { stdout } = await host.run(["ls", "-d", "--", ...folders], { signal, timeoutMs: 5000 });
      return { name, host, present: stdout.split("\n") };
    }),
  );
  const watched = hosts.map(({ name, host, present }) => ({
    host,
    paths: {
      releases: releases.filter((release) => (release.host ?? "local") === name).flatMap(({ spec }) => deployedPaths(spec)),
      configuration: configurationFolders.filter((folder) => present.includes(folder)),
      certificates: certificateFolders.filter((folder) => present.includes(folder)),
      playbooks: name === "local" ? [join(installFolder, "playbooks"), ...config.playbooks.folders] : [],
    },
  }));
  return await listChanges({ hosts: watched, memory: app.memory.of("changes"), since: now - hours(24), now, signal });
}

/** The link or working copy by which a release is deployed, of the `release` probe's specification. */
function deployedPaths(spec: Readonly<Record<string, unknown>>): string[] {
  const deployed = spec["deployed"] as { symlink?: string; git?: string } | undefined;
  return [deployed?.symlink, deployed?.git].filter((path) => path !== undefined);
}
