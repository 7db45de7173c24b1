import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { cors } from "hono/cors";
import { GatewayError } from "../core/errors.ts";
import { keyPeriodOf } from "../core/hold.ts";
import type { ApiKey } from "../core/keys.ts";
import { modelView } from "../core/model-view.ts";
import { formatUsd } from "../core/money.ts";
import { lookUpRequest } from "../core/request-lookup.ts";
import { accountView, keyView } from "../core/views.ts";
import { authenticate } from "./authenticate.ts";
import { EXPOSED_HEADERS } from "./browsers.ts";
import { CHAT_PATH } from "./chat-door.ts";
import { MAX_BODY_BYTES } from "./chat-request.ts";
import { tooLarge } from "./errors.ts";
import type { Gateway } from "./gateway.ts";
import { refuse } from "./refuse.ts";
import { chatCallOf, type Known, serveChat } from "./serve.ts";
import { answerUsage, readUsageQuery } from "./usage-query.ts";
import { toResponse } from "./web-response.ts";

/** The shape in which a platform hands over what it knows of an invocation. */
export interface ApiEnvironment {
  Bindings: { readonly deadlineMs: number };
  Variables: { requestId: string; startedAtMs: number; known: Known };
}

export type Api = Hono<ApiEnvironment>;

/** The public API. Every answer carries its request id; every error has OpenAI's form. */
export function createApi(gateway: Gateway): Api {
  const app: Api = new Hono();
  app.use(async (c, next) => {
    c.set("requestId", gateway.newRequestId());
    c.set("startedAtMs", gateway.timers.nowMs());
    c.set("known", {});
    await next();
    c.res.headers.set("x-request-id", requestIdOf(c));
  });
  app.use("/v1/*", cors({ origin: allowedOrigins(gateway), exposeHeaders: EXPOSED_HEADERS, maxAge: 86_400 }));
  addChat(app, gateway);
  addModels(app, gateway);
  addAccount(app, gateway);
  app.get("/healthz", (c) => c.json({ status: "ok", request_id: c.get("requestId") }));
  app.get("/openapi.json", async (c) => {
    // Loaded when asked for: generating schemas has no place in a cold start.
    const { openApiDocument } = await import("./openapi.ts");
    return c.json(openApiDocument());
  });
  addRefusals(app, gateway);
  return app;
}

/** The request's own id: ours, unless an `Idempotency-Key` made it another's too. */
function requestIdOf(c: Context<ApiEnvironment>): string {
  return c.get("known").requestId ?? c.get("requestId");
}

function allowedOrigins({ catalog }: Gateway): string | string[] {
  return catalog.corsOrigins.includes("*") ? "*" : [...catalog.corsOrigins];
}

function addChat(app: Api, gateway: Gateway): void {
  const bounded = bodyLimit({ maxSize: MAX_BODY_BYTES, onError: () => Promise.reject(tooLarge()) });
  // A body without a length is read here; every later failure is caught where it happens, before this sees it.
  const limit: typeof bounded = (c, next) => bounded(c, next).catch(brokenOff);
  app.post(CHAT_PATH, limit, (c) =>
    serveChat(
      gateway,
      chatCallOf((name) => c.req.header(name), {
        requestId: c.get("requestId"),
        known: c.get("known"),
        body: () => c.req.arrayBuffer().then((bytes) => new Uint8Array(bytes), brokenOff),
      }),
      {
        deadlineMs: c.env.deadlineMs,
        waitUntil: (promise) => c.executionCtx.waitUntil(promise),
      },
    ).then(toResponse),
  );
}

function addModels(app: Api, gateway: Gateway): void {
  const models = [...gateway.catalog.models.values()];
  app.get("/v1/models", (c) =>
    c.json({ object: "list", data: models.map(modelView), request_id: c.get("requestId") }),
  );
  // Model ids may contain slashes, so everything behind the prefix is one.
  app.get("/v1/models/:id{.+}", (c) => {
    const id = c.req.param("id");
    const model = gateway.catalog.models.get(id);
    if (!model)
      throw new GatewayError("model_not_found", `The model \`${id}\` does not exist here.`, {
        param: "model",
      });
    return c.json({ ...modelView(model), request_id: c.get("requestId") });
  });
}

/** Anything else was never given out, and may be no key that a table takes. */
const REQUEST_ID = /^req_[\w-]{1,64}$/;

function addAccount(app: Api, gateway: Gateway): void {
  const keyOf = (authorization: string | undefined) =>
    authenticate(authorization ?? null, gateway.keys, gateway.timers.nowMs());
  const accountOf = async ({ accountId }: ApiKey) => {
    const account = await gateway.ledger.account(accountId);
    if (account) return account;
    throw new GatewayError("invalid_api_key", "The account of this API key does not exist any more.");
  };

  app.get("/v1/balance", async (c) => {
    const key = await keyOf(c.req.header("authorization"));
    return c.json({ ...accountView(await accountOf(key)), request_id: c.get("requestId") });
  });
  app.get("/v1/key", async (c) => {
    const key = await keyOf(c.req.header("authorization"));
    const account = await gateway.ledger.account(key.accountId);
    const spent = account?.keySpendPicoUsd.get(
      keyPeriodOf(key.keyId, key.spendLimit, gateway.timers.nowMs()),
    );
    return c.json({
      ...keyView(key),
      spent: key.spendLimit ? formatUsd(spent ?? 0n) : null,
      request_id: c.get("requestId"),
    });
  });
  app.get("/v1/usage", async (c) => {
    const key = await keyOf(c.req.header("authorization"));
    const query = readUsageQuery(c.req.query(), gateway.timers.nowMs());
    const account = await accountOf(key);
    const usage = await answerUsage(account, gateway.entries, query);
    return c.json({ ...usage, request_id: c.get("requestId") });
  });
  app.get("/v1/requests/:id", async (c) => {
    const key = await keyOf(c.req.header("authorization"));
    const id = c.req.param("id");
    const found = REQUEST_ID.test(id) && (await lookUpRequest(gateway.ledger, key.accountId, id));
    if (!found) throw new GatewayError("not_found", "This account has no request with this id.");
    // `request_id` is the request asked about; this answer's own id is in its header.
    return c.json(found);
  });
}

const METHODS: Readonly<Record<string, string>> = {
  [CHAT_PATH]: "POST",
  "/v1/models": "GET",
  "/v1/models/:id{.+}": "GET",
  "/v1/balance": "GET",
  "/v1/key": "GET",
  "/v1/usage": "GET",
  "/v1/requests/:id": "GET",
  "/healthz": "GET",
  "/openapi.json": "GET",
};

function addRefusals(app: Api, gateway: Gateway): void {
  for (const [path, method] of Object.entries(METHODS)) {
    app.all(path, (c) => {
      c.res.headers.set("allow", method);
      throw new GatewayError("method_not_allowed", `${c.req.method} is not possible here: use ${method}.`);
    });
  }
  // Not `app.notFound`: what that throws passes by the middleware, and the answer would have no id.
  app.all("*", (c) => {
    throw new GatewayError(
      "not_found",
      `There is nothing at ${c.req.method} ${c.req.path.slice(0, 200)}. The API begins at /v1; see /openapi.json.`,
    );
  });
  app.onError((thrown, c) => {
    const requestId = requestIdOf(c);
    const startedAtMs = c.get("startedAtMs");
    return toResponse(refuse(gateway, thrown, { requestId, startedAtMs, known: c.get("known") }));
  });
}

function brokenOff(cause: unknown): never {
  if (cause instanceof GatewayError) throw cause;
  throw new GatewayError("invalid_json", "The body broke off before its end.", { cause });
}
