import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock } from "../../kernel/clock.ts";
import type { Faults, VendorFault } from "./vendor-fault.ts";

/** A request as a route sees it. `json` is undefined when the body is none. */
export type VendorRequest = {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** From the braces of the route's path. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly body: string;
  readonly json: unknown;
  readonly form: URLSearchParams;
};

export type VendorAnswer = { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> };

/** What a route may touch. When the vendor lies, `state` is a copy and what was put off never happens. */
export type Desk<State> = { readonly state: State; readonly now: number; later(effect: () => void): void };

export type Route<State, Endpoint extends string> = {
  readonly name: Endpoint;
  readonly method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  /** With `{name}` for a part that is read. */
  readonly path: string;
  /**
   * `open` needs no key; a `status-page` is another company's machine and answers whatever happens; `control` is none of
   * the vendor's: by it another process lets people call, whatever the weather, with the vendor's key.
   */
  readonly access?: "open" | "status-page" | "control";
  answer(request: VendorRequest, desk: Desk<State>): VendorAnswer | Promise<VendorAnswer>;
};

/** How one vendor says no; the bodies differ from vendor to vendor. */
export type Refusals = {
  notFound(request: VendorRequest): VendorAnswer;
  badBody(): VendorAnswer;
  error(status: number): VendorAnswer;
  throttled(): VendorAnswer;
  suspended(): VendorAnswer;
};

/** What arrived and what was answered; `status` 0 = cut or never. */
export type Exchange = {
  readonly at: number;
  readonly endpoint: string | undefined;
  readonly request: VendorRequest;
  status: number;
  body: unknown;
  fault?: VendorFault["kind"];
};

export type VendorServer = { readonly url: string; readonly port: number; readonly exchanges: readonly Exchange[]; close(): Promise<void> };

type ServerPlan<State, Endpoint extends string> = {
  readonly host: string;
  readonly port: number;
  readonly clock: Clock;
  readonly state: State;
  readonly routes: readonly Route<State, Endpoint>[];
  readonly faults: Faults<Endpoint>;
  readonly refusals: Refusals;
  /** A refusal, or nothing when the caller may go on; asked before the route, not for open ones. */
  authorize(request: VendorRequest): VendorAnswer | undefined;
  /** The vendor's own rate limit; asked for every request but those to a status page. */
  limit?(request: VendorRequest, now: number): VendorAnswer | undefined;
};

/** What a proxy in front of a broken service sends: a friendly page. */
export const htmlPage = "<!doctype html><html><head><title>We'll be right back</title></head><body><h1>Maintenance</h1></body></html>";

const bodyLimitBytes = 1_048_576;
const keptExchanges = 5000;

/** An HTTP server on 127.0.0.1 that behaves as one vendor does, and as badly as it is told to. */
export async function startVendorServer<State, Endpoint extends string>(plan: ServerPlan<State, Endpoint>): Promise<VendorServer> {
  const exchanges: Exchange[] = [];
  const routes = plan.routes.map((route) => ({ route, pattern: patternOf(route.path) }));

  const server = createServer((incoming, response) => {
    incoming.on("error", () => {}); // the caller hung up
    response.on("error", () => {});
    void handle(incoming, response).catch(() => incoming.socket.destroy());
  });

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(incoming);
    const url = new URL(incoming.url ?? "/", "http://vendor.invalid");
    const path = safeDecode(url.pathname);
    const found = routes
      .map(({ route, pattern }) => ({ route, match: pattern.exec(path) }))
      .find(({ route, match }) => match !== null && route.method === incoming.method);
    const request: VendorRequest = {
      method: incoming.method ?? "GET",
      path,
      query: url.searchParams,
      headers: incoming.headers,
      parameters: { ...found?.match?.groups },
      body,
      json: parseJson(body),
      form: new URLSearchParams(body),
    };
    const fault = isElsewhere(found?.route) ? undefined : plan.faults.take(found?.route.name);
    const seen: Exchange = {
      at: plan.clock.now(),
      endpoint: found?.route.name,
      request,
      status: 0,
      body: undefined,
      ...(fault && { fault: fault.kind }),
    };
    exchanges.push(seen);
    if (exchanges.length > keptExchanges) exchanges.shift();

    if (fault?.kind === "down") return void incoming.socket.resetAndDestroy();
    if (fault?.kind === "silent") return;
    if (fault?.kind === "slow") await plan.clock.sleep(fault.delayMs);
    const answer = spoilt(fault, plan.refusals) ?? (await work(request, found?.route, fault?.kind === "lying"));
    if (fault?.kind === "done-but-silent") return;
    seen.status = answer.status;
    seen.body = structuredClone(answer.body);
    send(response, answer, fault?.kind === "half-body");
  }

  async function work(request: VendorRequest, route: Route<State, Endpoint> | undefined, isLying: boolean): Promise<VendorAnswer> {
    const now = plan.clock.now();
    const limited = isElsewhere(route) ? undefined : plan.limit?.(request, now);
    if (limited !== undefined) return limited;
    const needsKey = route?.access === undefined || route.access === "control";
    const refused = needsKey ? plan.authorize(request) : undefined;
    if (refused !== undefined) return refused;
    if (route === undefined) return plan.refusals.notFound(request);
    if (request.body !== "" && isJson(request) && request.json === undefined) return plan.refusals.badBody();
    const effects: (() => void)[] = [];
    const state = isLying ? structuredClone(plan.state) : plan.state;
    const answer = await route.answer(request, { state, now, later: (effect) => void effects.push(effect) });
    if (!isLying) for (const effect of effects) effect();
    return answer;
  }

  server.listen(plan.port, plan.host);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { url: `http://${plan.host}:${port}`, port, exchanges, close: async () => await closeServer(server) };
}

/** What no fault of the vendor touches. */
function isElsewhere(route: { readonly access?: string } | undefined): boolean {
  return route?.access === "status-page" || route?.access === "control";
}

function spoilt(fault: VendorFault | undefined, refusals: Refusals): VendorAnswer | undefined {
  switch (fault?.kind) {
    case "error":
      return refusals.error(fault.status ?? 500);
    case "html":
      return { status: fault.status ?? 200, body: htmlPage, headers: { "content-type": "text/html; charset=utf-8" } };
    case "suspended":
      return refusals.suspended();
    case "throttled": {
      const { retryAfterSeconds } = fault;
      const answer = refusals.throttled();
      return retryAfterSeconds === undefined
        ? answer
        : { ...answer, headers: { ...answer.headers, "retry-after": String(retryAfterSeconds) } };
    }
    default:
      return undefined;
  }
}

function send(response: ServerResponse, { status, body, headers }: VendorAnswer, isHalf: boolean): void {
  const text = body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body);
  const type = { "content-type": "application/json" };
  if (!isHalf) return void response.writeHead(status, body === undefined ? { ...headers } : { ...type, ...headers }).end(text);
  const bytes = Buffer.from(text);
  response.writeHead(status, { ...type, ...headers, "content-length": String(Math.max(bytes.length, 2)) });
  response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => response.destroy());
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyLimitBytes) throw new Error("body too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return;
  server.close();
  server.closeAllConnections();
  await once(server, "close");
}

function patternOf(path: string): RegExp {
  const source = path.replaceAll(/[.]/g, "\\.").replaceAll(/\{(\w+)\}/g, "(?<$1>[^/]+)");
  return new RegExp(`^${source}$`);
}

function isJson({ headers }: VendorRequest): boolean {
  return (headers["content-type"] ?? "").includes("json");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function safeDecode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
