/** What can be seen of the gateway as it is deployed: spans at a collector before the function ends, routes at rest. */
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { failure } from "../fakes/provider-server.ts";
import { chat, completion, usage } from "../gateway/completions.ts";
import { SYNTHESIS_LIMIT_MS } from "../lib/synthesized.ts";
import type { DeployedFunction } from "./deployed-function.ts";
import { apiEvent } from "./events.ts";
import { type DeployedWorld, openDeployedWorld } from "./world.ts";

const TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT_ID = "00f067aa0ba902b7";
const PROMPT = "canary-prompt-1d7a";

interface Told {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let world: DeployedWorld;
let gateway: DeployedFunction;
let key: string;
const told: Told[] = [];
const collector = createServer(async (request, response) => {
  told.push({ headers: request.headers, body: await text(request) });
  response.writeHead(200, { "content-type": "application/json" }).end("{}");
});

beforeAll(async () => {
  world = await openDeployedWorld();
  world.aws.secrets.set(world.rights.arnOf("GatewayProviderKeys"), {
    P1_KEY: "sk-of-p1",
    OTEL_EXPORTER_OTLP_HEADERS: "api-key=of%20the%20collector",
  });
  const owner = await world.signedIn("local-owner");
  const { account } = Object((await owner.call("GET", "session")).json);
  const credit = { adjustment_id: "a1", direction: "credit", amount: "5", reason: "a test" };
  await owner.call("POST", `operator/accounts/${account.account_id}/adjustments`, credit);
  key = String((await owner.call("POST", "keys", { name: "traced" })).json["secret"]);
  collector.listen(0, "127.0.0.1");
  await once(collector, "listening");
  const { port } = collector.address() as AddressInfo;
  gateway = await world.start("GatewayFunction", ["catalog.json"], {
    streams: true,
    environment: { TRACE_ENDPOINT: `http://127.0.0.1:${port}/v1/traces` },
  });
}, SYNTHESIS_LIMIT_MS);
afterAll(async () => {
  collector.closeAllConnections();
  collector.close();
  await world.close();
});

async function ask(traceparent: string | undefined) {
  world.provider.next(completion("Hi", usage(10, 2)));
  const body = chat({ messages: [{ role: "user", content: PROMPT }] });
  const event = apiEvent(key, "POST", "/v1/chat/completions", body);
  Object.assign(Object(event["multiValueHeaders"]), traceparent && { traceparent: [traceparent] });
  const { prelude } = await gateway.invoke(event);
  expect(prelude.statusCode).toBe(200);
  const sent = world.provider.calls.at(-1)?.headers["traceparent"];
  const [last] = told.splice(0);
  const [span] = last ? JSON.parse(last.body).resourceSpans[0].scopeSpans[0].spans : [];
  return { span, last, sent, requestId: prelude.headers["x-request-id"] };
}

test("a client's trace goes on through our span to the provider", async () => {
  const { span, last, sent, requestId } = await ask(`00-${TRACE_ID}-${PARENT_ID}-01`);
  expect(last?.headers).toMatchObject({
    "api-key": "of the collector",
    "content-type": "application/json",
  });
  expect(span).toMatchObject({
    traceId: TRACE_ID,
    parentSpanId: PARENT_ID,
    name: "chat test/model",
    kind: 2,
    attributes: expect.arrayContaining([
      { key: "wlrouter.request_id", value: { stringValue: requestId } },
      { key: "gen_ai.usage.output_tokens", value: { intValue: 2 } },
      { key: "wlrouter.cost_usd", value: { stringValue: "0.0000072" } },
    ]),
  });
  expect(sent).toBe(`00-${TRACE_ID}-${span.spanId}-01`);
  expect(last?.body).not.toContain(PROMPT);
  expect(last?.body).not.toContain(key);
});

test("a request without a trace begins one", async () => {
  const { span, sent } = await ask(undefined);
  expect(span.parentSpanId ?? "").toBe("");
  expect(sent).toBe(`00-${span.traceId}-${span.spanId}-01`);
});

test("what its client does not sample is told to nobody, and passed on as it is", async () => {
  const unsampled = `00-${TRACE_ID}-${PARENT_ID}-00`;
  expect(await ask(unsampled)).toMatchObject({ span: undefined, sent: unsampled });
});

test("the function ends when the collector has answered: frozen before, it would not send", async () => {
  const order: string[] = [];
  const asking = ask(undefined).then(() => order.push("ended"));
  const { promise: arrived, resolve } = Promise.withResolvers<ServerResponse>();
  collector.removeAllListeners("request");
  collector.on("request", (_, response) => resolve(response));
  const response = await arrived;
  // A function that waits for nobody has ended long before another has started.
  await world.start("LedgerSweeper");
  order.push("answered");
  response.end("{}");
  await asking;
  expect(order).toEqual(["answered", "ended"]);
});

test("a collector that fails costs the span, and nothing else", async () => {
  collector.removeAllListeners("request");
  collector.on("request", (_, response) => response.writeHead(500).end());
  expect(await ask(`00-${TRACE_ID}-${PARENT_ID}-01`)).toMatchObject({ span: undefined });
});

test("a route that rests is counted by the lines of the requests that meet it so", async () => {
  world.provider.always(failure(500));
  const event = apiEvent(key, "POST", "/v1/chat/completions", chat());
  let last = "";
  // As many as the breaker may want to see.
  for (let asked = 0; asked < 50 && !last.includes("no_route_available"); asked += 1) {
    last = (await gateway.invoke(event)).body;
  }
  expect(last).toContain("no_route_available");
  expect(gateway.printed()).toMatch(/"resting":\["p1\|upstream-model"\].*"RoutesResting":1/);
});
