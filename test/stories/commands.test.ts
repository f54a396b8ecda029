import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";
import stringWidth from "string-width";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findFault } from "../../src/sandbox/faults.ts";
import { mendWorld } from "../../src/sandbox/mend.ts";
import { openGround, readWorldPids, type StoryGround } from "./world.ts";

const hasTerminal = spawnSync("script", ["--version"]).status === 0;
const hasTmux = spawnSync("tmux", ["-V"]).status === 0;

let ground: StoryGround;
beforeAll(async () => {
  ground = await openGround();
  for (const name of ["app-killed", "disk-full"]) await findFault(name).inject(ground.world);
}, 60_000);
afterAll(() => ground.clear(), 60_000);

/** What the living world and the looking itself write: logs, signs of life, the database's own files, the memory of the probes. */
const living = /\/world\/(logs\/(worker|retell|calcom|postgres)\.log|run\/\w+\.heartbeat|postgres)$|\/(memory|status)\.json$/;

/** Every path below a folder with what it holds. */
function listTree(folder: string, found: Record<string, string> = {}): Record<string, string> {
  if (!existsSync(folder)) return found;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (living.test(path)) continue;
    if (entry.isDirectory()) listTree(path, Object.assign(found, { [path]: "folder" }));
    else if (entry.isSymbolicLink()) found[path] = readlinkSync(path);
    else if (entry.isFile()) found[path] = createHash("sha256").update(readFileSync(path)).digest("hex");
  }
  return found;
}

describe("--dry-run", () => {
  test.each([
    [["emergency-response", "--auto-fix", "--dry-run"], 12],
    [["playbook:plan", "service-down", "--subject", "app"], 0],
    [["playbook:run", "service-down", "--subject", "app", "--dry-run"], 0],
    [["playbook:run", "disk-full", "--dry-run"], 0],
    [["config:set", "automation.paused=true", "--for", "5m", "--reason", "test", "--dry-run"], 0],
    [["disk:free", "local", "--dry-run"], 0],
    [["disk:restore", "--dry-run"], 0],
    [["service:start", "app", "--dry-run"], 0],
    [["service:restart", "app", "--dry-run"], 0],
  ] as const)("%j changes no file and no process", { timeout: 60_000 }, async (words, expected) => {
    const stateFolder = join(ground.folder, "dry-state");
    const look = (): object => ({ world: listTree(ground.world.folder), state: listTree(stateFolder), pids: readWorldPids(ground.world) });
    const before = look();
    const { exitCode, stdout, stderr } = await ground.run([...words, "--json"], { stateFolder });
    expect(exitCode, stderr).toBe(expected);
    expect(() => JSON.parse(stdout)).not.toThrow();
    expect(look()).toEqual(before);
  });

  test("a plan names the exact commands, the host, the risk, the slice and who must agree", { timeout: 60_000 }, async () => {
    const { document } = await ground.ask(["emergency-response", "--auto-fix", "--dry-run"]);
    expect(document.plans.map(({ playbook }) => playbook).sort()).toEqual(["disk-full", "service-down"]);
    const start = document.plans
      .find(({ playbook }) => playbook === "service-down")
      ?.steps.find((step) => (step as { name: string }).name === "start");
    expect(start).toMatchObject({ host: "local", risk: "write", sliceMs: expect.any(Number), authority: { verdict: "act" } });
    expect((start as { blocks: object[] }).blocks).toContainEqual(
      expect.objectContaining({ role: "do", calls: [["service:start", "app"]] }),
    );
  });
});

describe("exit codes and documents", () => {
  test.each([
    [["emergency-response", "--auto-fixx"]],
    [["stauts"]],
    [["probe:wait"]],
    [["probe:wait", "no-such-part"]],
    [["service:start", "no-such-service"]],
    [["config:set", "automation.paused=maybe", "--for", "5m", "--reason", "x"]],
    [["playbook:run", "no-such-playbook"]],
    [["playbook:run", "service-down", "--cause", "no-such-cause"]],
    [["health:check", "--probe", "no-such-probe"]],
  ])("%j is wrong use: 2, a sentence, and a next step", { timeout: 60_000 }, async (words) => {
    const { exitCode, document } = await ground.ask(words);
    expect(exitCode).toBe(2);
    expect(document).toEqual({
      error: { code: expect.any(String), message: expect.stringMatching(/\S/), nextStep: expect.stringMatching(/\S/) },
    });
  });

  test("looking only: one document with the promised keys, the zone as the exit code, and nothing done", { timeout: 60_000 }, async () => {
    const { exitCode, document, stdout } = await ground.ask(["emergency-response"]);
    expect(exitCode).toBe(12);
    expect(document).toMatchObject({
      zone: "red",
      findings: expect.any(Array),
      runs: [],
      remaining: expect.any(Array),
      durationMs: expect.any(Number),
    });
    expect(stdout.trimEnd().startsWith("{") && stdout.trimEnd().endsWith("}")).toBe(true);
  });

  test("never looked is blind, and the last picture is told without looking", { timeout: 60_000 }, async () => {
    expect((await ground.ask(["status"], { stateFolder: join(ground.folder, "never") })).exitCode).toBe(13);
    await ground.run(["health:check"]);
    const { exitCode, document } = await ground.ask(["status"]);
    expect([exitCode, document.zone]).toEqual([12, "red"]);
  });

  test("piped, there is no escape code, and wrong use speaks on stderr", { timeout: 60_000 }, async () => {
    const { stdout } = await ground.run(["health:check"], { env: { TERM: "xterm-256color", COLUMNS: "40" } });
    expect(stdout).toMatch(/RED|ROT/);
    expect(stripVTControlCharacters(stdout)).toBe(stdout);
    const { stdout: nothing, stderr } = await ground.run(["stauts"]);
    expect([nothing, stderr]).toEqual(["", expect.stringMatching(/status/)]);
  });
});

describe.skipIf(!hasTerminal)("on a terminal (needs script: apt-get install bsdutils)", () => {
  const program = `${resolve("node_modules/.bin/node")} --disable-warning=ExperimentalWarning ${resolve(process.env["AMPEL_STORY_PROGRAM"] ?? "src/main.ts")}`;
  const onTerminal = (line: string, columns: number, env: Readonly<Record<string, string>> = {}): string =>
    execFileSync(
      "script",
      [
        "--quiet",
        "--return",
        "--command",
        `stty cols ${columns} rows 40; ${program} ${line} --config ${ground.config} || true`,
        "/dev/null",
      ],
      {
        encoding: "utf8",
        timeout: 50_000,
        input: "",
        env: {
          ...process.env,
          AMPEL_STATE_DIR: ground.stateFolder,
          AMPEL_DATABASE_URL: "",
          AMPEL_LANG: "de",
          TERM: "xterm-256color",
          COLUMNS: undefined,
          NO_COLOR: undefined,
          ...env,
        },
      },
    );

  test.each(
    [80, 40].flatMap((columns) =>
      [
        "emergency-response",
        "health:check --all",
        "status",
        "playbook:list",
        "playbook:plan service-down --subject app",
        "emergency-response --auto-fix --dry-run",
      ].map((line) => [columns, line] as const),
    ),
  )("at %i columns no line of %s is wider", { timeout: 60_000 }, (columns, line) => {
    const printed = onTerminal(line, columns);
    const wide = stripVTControlCharacters(printed)
      .split(/\r?\n/)
      .flatMap((each) => each.split("\r"))
      .filter((each) => stringWidth(each) > columns);
    expect(wide).toEqual([]);
    expect(printed).toMatch(/\w{3}/);
  });

  test("colours are shown, and NO_COLOR takes them away", { timeout: 60_000 }, () => {
    const colour = new RegExp(`${String.fromCharCode(27)}\\[3[0-9]m`);
    expect(onTerminal("health:check", 80)).toMatch(colour);
    expect(onTerminal("health:check", 80, { NO_COLOR: "1" })).not.toMatch(colour);
  });
});

describe.skipIf(!hasTmux)("watch (needs tmux: apt-get install tmux)", () => {
  test("redraws in place: one headline, red, and all clear once the world is well", { timeout: 90_000 }, async () => {
    const socket = join(ground.folder, "tmux");
    const tmux = (...words: string[]): string =>
      execFileSync("tmux", ["-S", socket, "-f", "/dev/null", ...words], {
        encoding: "utf8",
        // An account without a login shell would have tmux start nologin.
        env: { ...process.env, TERM: "xterm-256color", SHELL: "/bin/sh" },
      });
    const program = `${resolve("node_modules/.bin/node")} --disable-warning=ExperimentalWarning ${resolve(process.env["AMPEL_STORY_PROGRAM"] ?? "src/main.ts")}`;
    tmux(
      "new-session",
      "-d",
      "-x",
      "40",
      "-y",
      "24",
      `env AMPEL_STATE_DIR=${ground.folder}/watch-state AMPEL_LANG=de ${program} watch --config ${ground.config}`,
    );
    try {
      const screen = (): string => tmux("capture-pane", "-p");
      await expect.poll(screen, { timeout: 20_000 }).toMatch(/● ROT/);
      await mendWorld(ground.world);
      await expect.poll(screen, { timeout: 30_000 }).toMatch(/● ALLES KLAR/);
      expect(screen()).not.toMatch(/ROT/);
      expect(screen().match(/●/g)).toHaveLength(1);
    } finally {
      tmux("kill-server");
    }
  });
});
