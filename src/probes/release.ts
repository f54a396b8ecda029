import { z } from "zod";
import { askHost } from "../integrations/host.ts";
import { Failure } from "../kernel/failure.ts";
import { maskPersonalData } from "../kernel/mask.ts";
import { message } from "../kernel/message.ts";
import { defineProbe } from "./probe.ts";

const absolutePath = z.string().regex(/^\//, { error: "absolute-path" });
const source = z
  .strictObject({
    file: absolutePath.optional().describe("A file whose first line is the release"),
    symlink: absolutePath.optional().describe("A link such as current: the name of the folder it leads to"),
    git: absolutePath.optional().describe("A working copy: its commit"),
    url: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe("An address that tells it, asked from the host itself: a loopback address works"),
    pidFile: absolutePath.optional().describe("The folder the process works in, by the file with its number"),
    pattern: z.string().min(1).optional().describe("Expression whose first group takes the release out of the text"),
  })
  .refine((given) => listPlaces(given).length === 1, { error: "release-source" });

const schema = z
  .strictObject({
    running: source.describe("What really runs"),
    deployed: source.describe("What was deployed"),
    folder: absolutePath.optional().describe("Everything below it must belong to owner; commands run with sudo leave files of root behind"),
    owner: z
      .string()
      .regex(/^[a-z_][\w.-]*$/i, { error: "user-name" })
      .optional()
      .describe("Account that must own the folder"),
  })
  .describe("The release that runs against the one that was deployed");

type Source = z.infer<typeof source>;

const text = `
read_id() {
  case $1 in
    file) head -n 1 -- "$2" | head -c 400 ;;
    symlink) [ -L "$2" ] || { echo "$2 is no symbolic link" >&2; return 1; }; target=$(readlink -f -- "$2"); [ -d "$target" ] || { echo "$2 leads to nothing" >&2; return 1; }; basename -- "$target" ;;
    git) git -c safe.directory='*' -C "$2" rev-parse HEAD ;;
    url)
      curl -fsS --max-time "$SECONDS_LEFT" -- "$2" | head -c 65536
      # 23 and 141: more came than is wanted, which is curl's complaint and not ours.
      case \${PIPESTATUS[0]} in 0|23|141) ;; *) return 1 ;; esac ;;
    pidFile) read -r pid <"$2"; cwd=$(readlink -- "/proc/$pid/cwd") || { echo "process $pid is not there" >&2; return 1; }; printf '%s' "$cwd" | sed 's/ (deleted)$//; s|.*/||' ;;
  esac
}
for side in RUNNING DEPLOYED; do
  kind=\${side}_KIND; place=\${side}_PLACE
  if said=$(read_id "\${!kind}" "\${!place}" 2>&1 | tr -d '\\000'); then printf '%s %s\\n' "$side" "$(printf %s "$said" | base64 -w0)"; else printf 'FAILED %s %s\\n' "$side" "$(printf %s "$said" | tail -n 1)"; fi
done
if [ -n "$FOLDER" ] && [ -n "$OWNER" ]; then
  if ! id -u -- "$OWNER" >/dev/null 2>&1; then echo "OWNERS nobody is called $OWNER"
  else timeout "$SECONDS_LEFT" find "$FOLDER/" -xdev ! -user "$OWNER" ! -type l -printf 'FOREIGN %u %p\\n' 2>/dev/null | head -n 20 || echo 'OWNERS slow'; fi
fi`;

/** Is the release that runs the one that was deployed, and do its files belong to the account that must write them? */
export const releaseProbe = defineProbe({
  kind: "release",
  schema,
  // A host that does not answer says nothing about what was asked.
  silence: { state: "unknown" },
  async look(spec, { host, signal, deadlineMs }) {
    const [runningKind, runningPlace] = placeOf(spec.running);
    const [deployedKind, deployedPlace] = placeOf(spec.deployed);
    const printed = await askHost(host, text, {
      signal,
      timeoutMs: deadlineMs,
      env: {
        RUNNING_KIND: runningKind,
        RUNNING_PLACE: runningPlace,
        DEPLOYED_KIND: deployedKind,
        DEPLOYED_PLACE: deployedPlace,
        FOLDER: spec.folder ?? "",
        OWNER: spec.owner ?? "",
        SECONDS_LEFT: String(Math.max(1, Math.floor(deadlineMs / 1000) - 1)),
      },
    });
    const failed = /^FAILED (RUNNING|DEPLOYED) (.*)$/m.exec(printed);
    const next = message("host.next-look", { host: host.name });
    if (failed !== null) {
      const place = failed[1] === "RUNNING" ? runningPlace : deployedPlace;
      throw new Failure(
        "not-found",
        message("release.unreadable", { place, reason: maskPersonalData(failed[2] ?? "").slice(0, 200) }),
        next,
      );
    }
    const running = idOf(spec.running, printed, "RUNNING");
    const deployed = idOf(spec.deployed, printed, "DEPLOYED");
    if (running === "" || deployed === "") {
      throw new Failure(
        "not-found",
        message("release.unreadable", { place: running === "" ? runningPlace : deployedPlace, reason: "empty" }),
        next,
      );
    }
    const foreign = printed.split("\n").filter((line) => line.startsWith("FOREIGN "));
    const evidence = [`running ${running}`, `deployed ${deployed}`, ...foreign.slice(0, 5)].join("\n").slice(0, 2_048);
    if (!isSameRelease(running, deployed)) {
      return {
        state: "degraded",
        cause: "release-drift",
        isDefinite: true,
        message: message("release.drift", { running, deployed }),
        evidence,
      };
    }
    const [, user = "", path = ""] = /^FOREIGN (\S+) (.*)$/.exec(foreign[0] ?? "") ?? [];
    if (path !== "") {
      return {
        state: "degraded",
        cause: "release-drift",
        message: message("release.foreign", { path, user, owner: spec.owner ?? "", count: foreign.length }),
        measures: { foreignFiles: foreign.length },
        evidence,
      };
    }
    const unseen = /^OWNERS (.*)$/m.exec(printed)?.[1];
    if (unseen !== undefined) {
      return { state: "unknown", message: message("release.owners-unseen", { folder: spec.folder ?? "", reason: unseen }), evidence };
    }
    return {
      state: "ok",
      message: message("release.fine", { running }),
      ...(spec.folder === undefined ? {} : { measures: { foreignFiles: 0 } }),
    };
  },
});

function placeOf(given: Source): [string, string] {
  return listPlaces(given)[0] ?? ["file", ""];
}

function listPlaces(given: Readonly<Record<string, string | undefined>>): [string, string][] {
  return Object.entries(given).filter((entry): entry is [string, string] => entry[0] !== "pattern" && entry[1] !== undefined);
}

function idOf({ pattern }: Source, printed: string, side: string): string {
  const said = Buffer.from(new RegExp(`^${side} (\\S*)$`, "m").exec(printed)?.[1] ?? "", "base64").toString("utf8");
  const found = pattern === undefined ? said.split("\n")[0] : new RegExp(pattern).exec(said)?.slice(0, 2).at(-1);
  return (found ?? "").trim().slice(0, 200);
}

/** A short commit equals the long one it begins. */
export function isSameRelease(running: string, deployed: string): boolean {
  if (running === deployed) return true;
  const [short, long] = running.length < deployed.length ? [running, deployed] : [deployed, running];
  return /^[0-9a-f]{7,40}$/.test(short) && /^[0-9a-f]{40,64}$/.test(long) && long.startsWith(short);
}
