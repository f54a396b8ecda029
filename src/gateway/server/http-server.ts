import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Server as NetServer, type AddressInfo, type Socket } from "node:net";
import { getRequestListener } from "@hono/node-server";
import type { Hono } from "hono";
import type { Clock } from "../../kernel/clock.ts";
import { seconds } from "../../kernel/clock.ts";
import { openRateLimiter } from "../accept/rate-limit.ts";
import { noteSource } from "../accept/request-source.ts";
import { acceptWebhook, closeUnread, lastLookMs, webhookPaths, type WebhookParts } from "./accept-webhook.ts";
import { longestBody } from "./read-body.ts";
import { sourceAddress } from "./source-address.ts";

export type HttpServer = {
  readonly port: number;
  readonly connections: number;
  /** Takes no new connection, answers what is under way, then ends; idle connections are closed a moment later. */
  stop(): Promise<void>;
};

export type HttpServerOptions = {
  readonly address: string;
  readonly port: number;
  readonly webhooks: WebhookParts;
  readonly clock: Clock;
  /** Everything that is no webhook. */
  readonly app: Hono;
};

const mostConnections = 2000;
/** One stranger must not hold them all: half of them stay for everybody else. Our own proxies stand for many. */
const mostConnectionsOfPeer = 1000;
/** Pages, and whoever looks around. Webhooks are limited where it is known whether they are genuine. */
const otherRequests = { perSecond: 200, burst: 1000 };
/** All live calls of all companies come from the few addresses of Retell and the carrier: this only bounds the work of a flood. */
const liveRequests = { perSecond: 2000, burst: 10_000 };
const livePaths = /^\/(?:retell|twilio)\//;
/** A connection that was idle when we stopped may carry one more request that is on its way. */
const lingerMs = 1000;
const stopLimitMs = seconds(15);

/** @throws when the address cannot be listened on */
export async function openHttpServer({ address, port, webhooks, clock, app }: HttpServerOptions): Promise<HttpServer> {
  const other = getRequestListener(app.fetch);
  const others = openRateLimiter(otherRequests);
  const lives = openRateLimiter(liveRequests);
  let isStopping = false;

  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    if (isStopping) response.shouldKeepAlive = false;
    const path = pathOf(request.url);
    const provider = webhookPaths[path];
    if (provider !== undefined && request.method === "POST") {
      acceptWebhook(webhooks, provider, request, response).catch(() => response.destroy());
      return;
    }
    // Vendors and people ping the address with GET before they trust it.
    if (provider !== undefined) {
      response.writeHead(request.method === "GET" || request.method === "HEAD" ? 200 : 405, { allow: "POST, GET" }).end();
      return;
    }
    const source = sourceAddress(request.socket.remoteAddress, header(request, "x-forwarded-for"), webhooks.trustedProxies);
    noteSource(request, source);
    const limiter = request.method === "POST" && livePaths.test(path) ? lives : others;
    if (!limiter.take(source, 1, clock.monotonicMs())) {
      response.writeHead(429, { "retry-after": "5", connection: "close" }).end();
      return;
    }
    if (isTooLong(request)) {
      closeUnread(response);
      response.writeHead(413, { connection: "close" }).end();
      return;
    }
    closeWhenUnread(request, response);
    other(request, response).catch(() => response.destroy());
  };

  const server = createServer(
    {
      maxHeaderSize: 16 * 1024,
      headersTimeout: seconds(5),
      requestTimeout: seconds(15),
      keepAliveTimeout: seconds(65),
      connectionsCheckingInterval: seconds(1),
      noDelay: true,
    },
    answer,
  );
  server.maxConnections = mostConnections;
  boundPeers(server, webhooks.trustedProxies);
  server.on("checkContinue", (request: IncomingMessage, response: ServerResponse) => {
    if (isTooLong(request)) {
      response.writeHead(413, { connection: "close" }).end();
      return;
    }
    response.writeContinue();
    answer(request, response);
  });
  await listen(server, address, port);
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return (server as unknown as { _connections: number })._connections;
    },
    stop: async () => {
      isStopping = true;
      // Not `server.close()` yet: that one cuts idle connections at once, and a request may be on its way on one.
      const closed = new Promise<void>((resolve) => void NetServer.prototype.close.call(server, () => resolve()));
      const linger = setTimeout(() => server.closeIdleConnections(), lingerMs);
      const limit = setTimeout(() => server.closeAllConnections(), stopLimitMs);
      await closed;
      clearTimeout(linger);
      clearTimeout(limit);
      server.close();
    },
  };
}

async function listen(server: Server, address: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    // Shared among our own account's processes: a new one takes over before the old one lets go.
    server.listen({ host: address, port, backlog: 1024, reusePort: true }, () => {
      server.off("error", reject);
      server.on("error", () => {});
      resolve();
    });
  });
}

/** A body that nobody reads to its end hides that the sender has left: the connection would stay until its time limit. */
function closeWhenUnread(request: IncomingMessage, response: ServerResponse): void {
  const { socket } = request; // afterwards it is taken from the request
  response.once("finish", () => {
    const closing = setTimeout(() => {
      if (!request.complete) socket.destroy();
    }, lastLookMs);
    closing.unref();
  });
}

function boundPeers(server: Server, trustedProxies: ReadonlySet<string>): void {
  const connectionsOf = new Map<string, number>();
  server.on("connection", (socket: Socket) => {
    const peer = sourceAddress(socket.remoteAddress, undefined, trustedProxies);
    const count = (connectionsOf.get(peer) ?? 0) + 1;
    connectionsOf.set(peer, count);
    socket.once("close", () => {
      const left = (connectionsOf.get(peer) ?? 1) - 1;
      if (left > 0) connectionsOf.set(peer, left);
      else connectionsOf.delete(peer);
    });
    if (count > mostConnectionsOfPeer && !trustedProxies.has(peer)) socket.destroy();
  });
}

function isTooLong(request: IncomingMessage): boolean {
  return Number(header(request, "content-length") ?? 0) > longestBody;
}

function header({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function pathOf(url: string | undefined): string {
  const [path = "/"] = (url ?? "/").split("?", 1);
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}
