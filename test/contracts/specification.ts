import { readFileSync } from "node:fs";
import { join } from "node:path";
import { OpenAPIBackend, type Document, type Request } from "openapi-backend";
import type { Exchange } from "../../src/sandbox/vendors/vendor-server.ts";

export type Specification = {
  /** What is wrong with a request and its answer, in the validator's words; empty when both are by the book. */
  problemsOf(exchange: Exchange): readonly string[];
  /** What is wrong with a webhook as it was received, by its name in the specification. */
  problemsOfWebhook(
    name: string,
    received: { readonly body: string; readonly headers: Readonly<Record<string, unknown>> },
  ): readonly string[];
  /** True when the specification knows this method and path at all. */
  knows(exchange: Exchange): boolean;
};

type Json = Record<string, unknown>;
type Form = { readonly properties: Record<string, { readonly type?: string }> };

const webhookPath = (name: string): string => `/webhooks/${name}`;

/** A vendor's own specification, held against what really went over the wire. */
export async function readSpecification(file: "retell.openapi.json" | "twilio.openapi.json"): Promise<Specification> {
  const definition = JSON.parse(readFileSync(join(import.meta.dirname, file), "utf8")) as {
    paths: Json;
    webhooks?: Record<string, { post: Json }>;
  };
  untieNullable(definition);
  // The validator knows requests only: a webhook is one, to an address of ours.
  for (const [name, { post }] of Object.entries(definition.webhooks ?? {})) {
    definition.paths[webhookPath(name)] = { post: { ...post, operationId: name } };
  }
  const backend = new OpenAPIBackend({
    // The meta-check knows OpenAPI 3.0 only and Retell is 3.1; both files were validated when they were made.
    quick: true,
    definition: definition as unknown as Document,
    ajvOpts: { logger: false, strict: false, allErrors: true },
  });
  await backend.init();
  const { router, validator } = backend;

  const toRequest = ({ request }: Exchange): Request => ({
    method: request.method,
    path: request.path,
    query: Object.fromEntries(request.query),
    headers: request.headers as Record<string, string>,
    ...(request.body === "" ? {} : { body: request.body }),
  });

  function bodyProblems(exchange: Exchange): readonly string[] {
    const sent = toRequest(exchange);
    const operation = router.matchOperation(sent);
    if (operation?.operationId === undefined) return [`no operation ${sent.method} ${sent.path}`];
    const form = (operation.requestBody as { content?: Record<string, { schema: Form }> } | undefined)?.content?.[
      "application/x-www-form-urlencoded"
    ];
    // The carrier's document does not close its forms: a field it does not name would pass.
    const strange =
      form === undefined ? [] : [...exchange.request.form.keys()].filter((name) => form.schema.properties[name] === undefined);
    const request = form === undefined ? sent : { ...sent, body: typedForm(exchange.request.form, form.schema) };
    const checked = validator.validateRequest(request, operation);
    const unnamed = strange.map((name) => `request: the form has no field ${name}`);
    return [...(checked.errors ?? []).map((error) => `request ${error.instancePath} ${error.message}`), ...unnamed];
  }

  return {
    knows: (exchange) => router.matchOperation(toRequest(exchange)) !== undefined,
    problemsOf: (exchange) => {
      const operation = router.matchOperation(toRequest(exchange));
      if (operation === undefined) return [`no operation ${exchange.request.method} ${exchange.request.path}`];
      // A request that was refused is wrong on purpose; the refusal itself must still be of the vendor's form.
      const ofRequest = exchange.status < 400 ? bodyProblems(exchange) : [];
      const isDocumented = operation.responses?.[String(exchange.status)] !== undefined;
      const isRefusal = exchange.status >= 400;
      if (!isDocumented) return [...ofRequest, ...(isRefusal ? [] : [`status ${exchange.status} is not documented`])];
      const ofAnswer = validator.validateResponse(exchange.body, operation, exchange.status).errors ?? [];
      return [...ofRequest, ...ofAnswer.map((error) => `answer ${error.instancePath} ${error.message}`)];
    },
    problemsOfWebhook: (name, { body, headers }) => {
      const checked = validator.validateRequest(
        { method: "POST", path: webhookPath(name), headers: headers as Record<string, string>, body },
        name,
      );
      return (checked.errors ?? []).map((error) => `webhook ${error.instancePath} ${error.message}`);
    },
  };
}

/** `nullable` without a type says nothing more than "anything"; the validator refuses it. */
function untieNullable(node: unknown): void {
  if (typeof node !== "object" || node === null) return;
  if ("nullable" in node && !("type" in node)) delete node.nullable;
  for (const child of Object.values(node)) untieNullable(child);
}

/** A form knows text only; its specification has numbers, booleans and lists. */
function typedForm(form: URLSearchParams, { properties }: Form): Json {
  const typed: Json = {};
  for (const name of new Set(form.keys())) {
    const values = form.getAll(name);
    const [value = ""] = values;
    const type = properties[name]?.type;
    if (type === "array") typed[name] = values;
    else if (type === "integer" || type === "number") typed[name] = Number(value);
    else if (type === "boolean") typed[name] = value === "true" ? true : value === "false" ? false : value;
    else typed[name] = value;
  }
  return typed;
}
