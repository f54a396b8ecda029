import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { answerAsCalcom } from "../stand-ins/calcom.ts";
import { answerAsRetell } from "../stand-ins/retell.ts";
import { htmlPage, moods, slowMs, type Mood, type StandIn } from "../stand-ins/stand-in.ts";
import { isRunning, type ProcessIdentity } from "../process-identity.ts";
import { readWorld, worldPaths, type World } from "../world.ts";

/** Serves one stand-in. Its mood is a file, read at every request: whoever may write there may change the weather. */
export function serveVendor(name: "retell" | "calcom"): void {
  const world = readWorld(process.argv[2] ?? "");
  if (world === undefined) throw new Error(`usage: ${name} WORLD.json`);
  const paths = worldPaths(world.folder);
  const standIn: StandIn = name === "retell" ? answerAsRetell : answerAsCalcom;
  const mood = (): Mood => readMood(paths.control(name));
  const key = readFileSync(paths.secret(`${name}-key`), "utf8");

  const server = createServer((request, response) => {
    const [path = ""] = (request.url ?? "").split("?");
    const { method = "GET", headers } = request;
    const current = mood();
    const isStatusPage = path.startsWith("/api/");
    if (current === "silent" && !isStatusPage) return;
    const send = (): void => {
      if (current === "html" && !isStatusPage) {
        return void response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(htmlPage);
      }
      const answer = standIn({ method, path, authorization: headers.authorization, key }, current);
      response.writeHead(answer.status, { "content-type": "application/json", ...answer.headers }).end(JSON.stringify(answer.body));
    };
    setTimeout(send, current === "slow" && !isStatusPage ? slowMs : 0);
  });
  server.on("connection", (socket) => {
    if (mood() === "down") socket.resetAndDestroy();
  });
  server.listen(world.ports[name], "127.0.0.1");
  process.once("SIGTERM", () => process.exit(0));
  if (world.owner !== undefined) watchOwner(world, world.owner);
}

const watchMs = 500;

/** No fault touches the stand-ins' processes: they see to it that nothing outlives a starter that was killed. */
function watchOwner({ folder }: World, owner: ProcessIdentity): void {
  setInterval(() => {
    if (isRunning(owner)) return;
    takeDown(folder).then(
      () => process.exit(0),
      () => {}, // the other stand-in is at it, or a process stays: once more
    );
  }, watchMs);
}

/** Loaded only when it is needed: a stand-in starts in a moment. */
async function takeDown(folder: string): Promise<void> {
  const { stopWorld } = await import("../stop.ts");
  await stopWorld(folder);
}

function readMood(file: string): Mood {
  try {
    const text = readFileSync(file, "utf8").trim();
    return moods.find((candidate) => candidate === text) ?? "ok";
  } catch {
    return "ok";
  }
}
