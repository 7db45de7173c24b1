import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectSoundBooks } from "../contract/books.ts";
import { failure } from "../fakes/provider-server.ts";
import { chat, chunk, completion, streamed, usage, usageChunk } from "./completions.ts";
import { expectError, openWorld, PRICE, requestIdOf, type World } from "./world.ts";

const DEAR = { inputUsdPerMillion: "4.00", outputUsdPerMillion: "16.00", cacheReadUsdPerMillion: "1.00" };
const COST = 10n * PRICE.input + 2n * PRICE.output;

let world: World;
let resting: World;
beforeAll(async () => {
  world = await openWorld({
    routes: 3,
    model: { variants: { third: { only: ["p3"] } } },
    models: [
      { id: "test/dear", prices: DEAR, routes: [{ provider: "p2", model: "dear-model" }] },
      {
        id: "test/apart",
        routes: [
          { provider: "p1", model: "apart", prices: DEAR },
          { provider: "p2", model: "apart" },
        ],
      },
      { id: "test/blind", inputModalities: ["text"], routes: [{ provider: "p3", model: "blind" }] },
    ],
  });
  for (const provider of world.providers) provider.always(completion("Hi", usage(10, 2)));
  resting = await openWorld({ routes: 2, routing: { breaker: { minimumCalls: 2, windowCalls: 4 } } });
});
afterAll(() => Promise.all([world.close(), resting.close()]));

const answeredBy = (response: Response) => response.headers.get("x-wlrouter-provider");

describe("`provider` in the body", () => {
  test.each<[string, object, string]>([
    ["nothing", {}, "p1"],
    ["order", { provider: { order: ["p3"] } }, "p3"],
    ["only", { provider: { only: ["P2", "p3"] } }, "p2"],
    ["ignore", { provider: { ignore: ["p1", "p2"] } }, "p3"],
    ["null", { provider: null, models: null }, "p1"],
    ["a variant of the model's own", { model: "test/model:third" }, "p3"],
    ["the floor, where a route is dearer", { model: "test/apart:floor" }, "p2"],
    ["OpenRouter's older field", { route: "fallback" }, "p1"],
  ])("%s decides who answers, and does not go upstream", async (_, fields, provider) => {
    const client = await world.client();
    const response = await client.post(chat({ ...fields }));
    expect([response.status, answeredBy(response)]).toEqual([200, provider]);
    await client.ended(response);
    const sent = world.providers.flatMap(({ calls }) => calls.slice(-1)).map(({ body }) => body.toString());
    for (const body of sent) expect(body).not.toMatch(/"(provider|models|route)"/);
  });

  test("names who answered on a stream too", async () => {
    const client = await world.client();
    world.providers[1]?.next(streamed([chunk("Hi"), usageChunk(usage(10, 2)), "[DONE]"]));
    const response = await client.post(chat({ stream: true, provider: { order: ["p2"] } }));
    expect(answeredBy(response)).toBe("p2");
    await response.text();
    await client.ended(response);
  });

  test.each<[object | string | number, string, string]>([
    ["p1", "invalid_type", "provider"],
    [{ order: "p1" }, "invalid_type", "provider.order"],
    [{ order: ["p1", "nobody"] }, "invalid_value", "provider.order[1]"],
    [{ only: [7] }, "invalid_type", "provider.only[0]"],
    [{ sort: "beauty" }, "invalid_value", "provider.sort"],
    [{ allow_fallbacks: "no" }, "invalid_type", "provider.allow_fallbacks"],
    [{ data_collection: "deny" }, "unsupported_parameter", "provider.data_collection"],
    [{ ignore: ["p1", "p2", "p3"] }, "invalid_value", "provider"],
  ])("%j is refused by the place, and nothing is held", async (provider, code, param) => {
    const client = await world.client();
    await expectError(await client.post(chat({ provider })), { status: 400, code, param });
    await client.expectUntouched();
  });

  test("without fallbacks the first route's failure is the answer", async () => {
    const client = await world.client();
    world.provider.next(failure(500));
    const before = world.upstreamCalls();
    const response = await client.post(chat({ provider: { allow_fallbacks: false } }));
    await expectError(response, { status: 502, code: "upstream_error" });
    await client.ended(response);
    expect(world.upstreamCalls()).toBe(before + 1);
  });
});

describe("`models` in the body", () => {
  test("are asked behind the model; the charge is the price of the one that answered, within one hold", async () => {
    const client = await world.client();
    for (const provider of world.providers) provider.next(failure(500));
    const response = await client.post(
      chat({ models: ["test/dear"], provider: { order: ["p1"] }, max_completion_tokens: 50 }),
    );
    expect([response.status, response.headers.get("x-wlrouter-model")]).toEqual([200, "test/dear"]);
    const entry = await client.ended(response);
    expect(entry).toMatchObject({
      amountPicoUsd: -10n * COST,
      charge: { model: "test/dear", provider: "p2", tried: "p1:500 p2:500 p3:500" },
    });
    expect((await world.line(response)).tried).toEqual(
      ["p1", "p2", "p3"].map((provider) => ({ provider, model: "test/model", reason: "500" })),
    );
    const seen: unknown = await (await client.get(`/requests/${requestIdOf(response)}`)).json();
    expect(seen).toMatchObject({ model: "test/dear", tried: "p1:500 p2:500 p3:500" });
    await expectSoundBooks(world.router, client.accountId);
  });

  test("raise the hold to the dearest of them, and that of a dearer route", async () => {
    const held = async (fields: object) => {
      const client = await world.client();
      let amount = 0n;
      world.provider.next(async (response, call) => {
        amount = await client.held();
        await completion("Hi", usage(10, 2))(response, call);
      });
      await client.ended(await client.post(chat({ max_completion_tokens: 50, ...fields })));
      return amount;
    };
    const alone = await held({ user: "a".repeat(24) });
    const both = await held({ models: ["test/dear"] });
    // The same request at ten times the price, but for the bytes of its fields.
    expect(both).toBeGreaterThan(9n * alone);
    expect(await held({ model: "test/apart" })).toBeGreaterThan(9n * alone);
  });

  test("may stand alone, as OpenRouter's users write it", async () => {
    const client = await world.client();
    const response = await client.post(chat({ model: undefined, models: ["test/dear", "test/model"] }));
    expect(response.headers.get("x-wlrouter-model")).toBe("test/dear");
    await client.ended(response);
  });

  test("take over when the first refuses the request, and one that cannot read it is left out", async () => {
    const client = await world.client();
    world.provider.next(failure(400, { message: "This model's maximum context length is 8 tokens." }));
    const image = [{ type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } }];
    const messages = [{ role: "user", content: image }];
    const response = await client.post(chat({ messages, models: ["test/blind", "test/dear"] }));
    expect([response.status, response.headers.get("x-wlrouter-model")]).toEqual([200, "test/dear"]);
    await client.ended(response);
  });

  test.each<[object, number, string, string]>([
    [{ models: ["test/dear", "nothing"] }, 404, "model_not_found", "models[1]"],
    [{ models: "test/dear" }, 400, "invalid_type", "models"],
    [{ models: Array(9).fill("test/dear") }, 400, "invalid_value", "models"],
    [{ model: undefined }, 400, "missing_required_parameter", "model"],
    [{ model: "test/model:nothing" }, 404, "model_not_found", "model"],
    [{ route: "elsewhere" }, 400, "invalid_value", "route"],
  ])("%j is refused by the place", async (fields, status, code, param) => {
    const client = await world.client();
    await expectError(await client.post(chat({ ...fields })), { status, code, param });
    await client.expectUntouched();
  });

  test("must each be allowed for the key, whatever its variant", async () => {
    const client = await world.client({ allowedModels: ["test/model"] });
    await expectError(await client.post(chat({ models: ["test/dear:floor"] })), {
      status: 403,
      code: "model_not_allowed",
      param: "models[0]",
    });
    expect((await client.post(chat({ model: "test/model:floor" }))).status).toBe(200);
  });
});

describe("routes that rest", () => {
  test("are passed over, and where all do it is 503 with `retry-after`, without a hold or a call", async () => {
    const client = await resting.client();
    resting.provider.always(failure(500));
    resting.providers[1]?.always(completion("Hi", usage(10, 2)));
    for (let i = 0; i < 4; i += 1) await client.ended(await client.post(chat()));
    expect(resting.provider.calls).toHaveLength(2);
    expect(resting.router.routeHealth()).toMatchObject([
      { provider: "p1", state: "resting", failures: 2, lastFailure: { reason: "500" } },
      { provider: "p2", state: "working", calls: 4, failures: 0 },
    ]);
    resting.providers[1]?.always(failure(429, {}, { "retry-after": "40" }));
    const last = await client.post(chat());
    expect([last.status, Number(last.headers.get("retry-after"))]).toEqual([429, expect.any(Number)]);
    await client.ended(last);
    const calls = resting.upstreamCalls();
    const poor = await resting.client();
    const refused = await poor.post(chat());
    await expectError(refused, { status: 503, code: "no_route_available" });
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect(resting.upstreamCalls()).toBe(calls);
    await poor.expectUntouched();
  });
});
