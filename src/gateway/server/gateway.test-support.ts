import { createHmac, randomUUID } from "node:crypto";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request, type Agent, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gatewaySection, type GatewaySettings } from "../../config/gateway-schema.ts";
import { startGateway, type GatewayOptions, type RunningGateway } from "../start.ts";

export const retellKey = "key_of_nobody";
export const calcomSecret = "secret_of_nobody";
export const twilioToken = "token_of_nobody";
export const publicUrl = "https://gw.example.test";

/** A folder of its own, with files for the keys; the account of a database server may pass through. */
export function newGround(): { readonly folder: string; keyFile(name: string, value: string): string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), "ampel-gateway-"));
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, "keys"));
  return {
    folder,
    keyFile: (name, value) => {
      const file = join(folder, "keys", name);
      writeFileSync(file, value);
      return `\${file:${file}}`;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export type Ground = ReturnType<typeof newGround>;

export function testSettings(ground: Ground, given: Record<string, unknown> = {}): GatewaySettings {
  const settings = gatewaySection.parse({
    listen: { port: 0 },
    publicUrl,
    retell: { keys: { main: ground.keyFile("retell", retellKey) } },
    calcom: { secrets: { main: ground.keyFile("calcom", calcomSecret) } },
    twilio: { tokens: { main: ground.keyFile("twilio", twilioToken) } },
    ...given,
  });
  if (settings === undefined) throw new Error("no settings");
  return settings;
}

export async function startTestGateway(ground: Ground, given: Partial<GatewayOptions> = {}): Promise<RunningGateway> {
  return await startGateway({
    settings: testSettings(ground),
    language: "de",
    timeZone: "Europe/Berlin",
    stateFolder: join(ground.folder, "state"),
    journalFolders: [],
    ...given,
  });
}

export type Answer = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string };

export type Sending = {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: Buffer | string;
  readonly agent?: Agent;
};

/** One request as a vendor sends it. @throws when no answer came */
export async function send(
  port: number,
  { path = "/webhooks/retell", method = "POST", headers = {}, body = "", agent }: Sending,
): Promise<Answer> {
  const sending = request({
    host: "127.0.0.1",
    port,
    path,
    method,
    headers: { ...("transfer-encoding" in headers ? {} : { "content-length": Buffer.byteLength(body) }), ...headers },
    ...(agent ? { agent } : {}),
  });
  sending.end(body);
  sending.on("error", () => {}); // a server that has answered may cut off what is still on its way
  const [response] = (await once(sending, "response")) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString("utf8") };
}

export function signRetell(
  body: Buffer | string,
  { key = retellKey, at = Date.now() }: { key?: string; at?: number } = {},
): Record<string, string> {
  const digest = createHmac("sha256", key).update(body).update(String(at)).digest("hex");
  return { "content-type": "application/json", "x-retell-signature": `v=${at},d=${digest}` };
}

export function retellEvent(callId: string = randomUUID(), event = "call_ended", more: Record<string, unknown> = {}): string {
  return JSON.stringify({ event, call: { call_id: callId, agent_id: "agent_of_nobody", to_number: "+4930000000", ...more } });
}

export async function sendRetell(
  port: number,
  body: string,
  given: Partial<Sending> & { key?: string; at?: number } = {},
): Promise<Answer> {
  return await send(port, { body, headers: signRetell(body, given), ...given });
}
