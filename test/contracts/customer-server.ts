import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

export type Received = {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly at: number;
};

/** What the customer answers at a path; `hang` never does, `cut` drops the line. */
export type Answer =
  | "hang"
  | "cut"
  | { readonly status?: number; readonly json?: unknown; readonly twiml?: string; readonly text?: string };

export type CustomerServer = {
  readonly url: string;
  readonly received: Received[];
  /** From now on; a list is used up one by one, its last entry stays. */
  at(path: string, ...answers: Answer[]): void;
  /** Everything received at a path. */
  requestsTo(path: string): Received[];
  close(): Promise<void>;
};

/** The server of a vendor's customer: keeps what it gets, byte for byte, and answers as told; 204 where nothing was told. */
export async function startCustomerServer(): Promise<CustomerServer> {
  const received: Received[] = [];
  const answers = new Map<string, Answer[]>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("error", () => {});
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const path = request.url ?? "";
      received.push({
        method: request.method ?? "",
        path,
        headers: request.headers,
        body: Buffer.concat(chunks).toString("utf8"),
        at: Date.now(),
      });
      const list = answers.get(path.split("?")[0] ?? "") ?? [];
      const answer = list.length > 1 ? list.shift() : list[0];
      if (answer === "hang") return;
      if (answer === "cut") return void request.socket.destroy();
      if (answer === undefined) return void response.writeHead(204).end();
      const { status = 200, json, twiml, text } = answer;
      if (twiml !== undefined) return void response.writeHead(status, { "content-type": "text/xml" }).end(twiml);
      if (text !== undefined) return void response.writeHead(status, { "content-type": "text/plain" }).end(text);
      return void response.writeHead(status, { "content-type": "application/json" }).end(json === undefined ? "" : JSON.stringify(json));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    at: (path, ...list) => void answers.set(path, list),
    requestsTo: (path) => received.filter((each) => each.path.split("?")[0] === path),
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
