import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Entry } from "../../lambda/core/charge.ts";
import { formatUsd } from "../../lambda/core/money.ts";
import { NO_USAGE } from "../../lambda/core/usage.ts";
import type { Grouping } from "../../lambda/core/usage-groups.ts";
import { failure } from "../fakes/provider-server.ts";
import { chat, chunk, completion, streamed, usage, usageChunk } from "./completions.ts";
import { type Client, expectError, openWorld, PRICE, requestIdOf, type World } from "./world.ts";

const NOW = Date.parse("2026-11-23T10:00:00.000Z");
const TODAY = "2026-11-23";

let world: World;
beforeAll(async () => {
  let nowMs = NOW;
  const nextMs = () => {
    nowMs += 1;
    return nowMs;
  };
  const after = (milliseconds: number, action: () => void) => {
    const timer = setTimeout(action, milliseconds);
    return () => clearTimeout(timer);
  };
  world = await openWorld({ timers: { nowMs: nextMs, after } });
});
afterAll(() => world.close());

async function ask(client: Client, fields: object = {}, tag?: string): Promise<Entry> {
  const response = await client.post(chat({ ...fields }), tag ? { headers: { "x-wlrouter-tag": tag } } : {});
  await response.text();
  return client.ended(response);
}

async function usageBy(client: Client, by: Grouping, range = "") {
  const response = await client.get(`/usage?group_by=${by}${range}`);
  expect(response.status).toBe(200);
  return JSON.parse(await response.text());
}

const NOTHING = {
  requests: 0,
  failures: 0,
  input_tokens: 0,
  cache_read_tokens: 0,
  cache_write_tokens: 0,
  output_tokens: 0,
  reasoning_tokens: 0,
  cost: "0.00",
};

/** A charge of another day, as a request of that day would have left it. */
async function chargedAt(client: Client, createdAt: string): Promise<Entry> {
  const { ledger } = world.router;
  const requestId = `req_${createdAt.replaceAll(/\D/g, "")}`;
  const answer = await ledger.hold({
    accountId: client.accountId,
    requestId,
    requiredPicoUsd: 100n,
    hold: {
      amountPicoUsd: 100n,
      expiresAtMs: NOW + 600_000,
      keyId: client.keyId,
      keyPeriod: "-",
      model: "old/model",
      catalogVersion: "0",
    },
  });
  if (!answer.held) throw new Error(answer.refusal);
  const { entry } = await ledger.settle(answer.open, 7n, {
    requestId,
    keyId: client.keyId,
    model: "old/model",
    provider: "p1",
    outcome: "completed",
    usage: {
      ...NO_USAGE,
      inputTokens: 1,
      cacheReadTokens: 2,
      cacheWriteTokens: 3,
      outputTokens: 4,
      reasoningTokens: 1,
    },
    estimated: false,
    catalogVersion: "0",
    createdAt,
    latencyMs: 1,
  });
  if (!entry) throw new Error("nothing was charged");
  return entry;
}

test("Usage by model, key, day and tag is what the ledger's entries add up to.", async () => {
  const client = await world.client();
  world.provider.next(
    completion("Hi", usage(10, 2, { prompt_tokens_details: { cached_tokens: 4 } })),
    streamed([chunk("Hi"), usageChunk(usage(5, 3)), "[DONE]"]),
    failure(500),
  );
  await ask(client, {}, "team-a");
  await ask(client, { stream: true, user: "team-b" });
  await ask(client);
  const cost =
    6n * PRICE.input + 4n * PRICE.cacheRead + 2n * PRICE.output + 5n * PRICE.input + 3n * PRICE.output;
  const total = {
    ...NOTHING,
    requests: 3,
    failures: 1,
    input_tokens: 11,
    cache_read_tokens: 4,
    output_tokens: 5,
    cost: formatUsd(cost),
  };
  expect(await usageBy(client, "model")).toEqual({
    object: "list",
    data: [{ group: "test/model", ...total }],
    from: "2026-11-01",
    to: TODAY,
    group_by: "model",
    request_id: expect.stringMatching(/^req_/),
  });
  expect((await usageBy(client, "key")).data).toEqual([{ group: client.keyId, ...total }]);
  expect((await usageBy(client, "day")).data).toEqual([{ group: TODAY, ...total }]);
  expect((await usageBy(client, "tag")).data).toMatchObject([
    { group: null, requests: 1, failures: 1, cost: "0.00" },
    { group: "team-a", requests: 1, failures: 0, input_tokens: 6, cache_read_tokens: 4 },
    { group: "team-b", requests: 1, failures: 0, input_tokens: 5, output_tokens: 3 },
  ]);
});

test("Another account's usage is not in it, and top-ups are no usage.", async () => {
  const [spender, other] = [await world.client(), await world.client()];
  world.provider.next(completion("Hi", usage(10, 2)));
  await ask(spender);
  for (const by of ["model", "key", "day", "tag"] as const) {
    expect((await usageBy(other, by)).data).toEqual([]);
  }
});

test("A range takes in its first and its last day, and nothing beside them.", async () => {
  const client = await world.client();
  const days = ["2026-11-18T23:59:59.999Z", "2026-11-19T00:00:00.000Z", "2026-11-20T23:59:59.999Z"];
  for (const createdAt of [...days, "2026-11-21T00:00:00.000Z"]) {
    await world.router.ledger.drain(await chargedAt(client, createdAt));
  }
  const { data } = await usageBy(client, "day", "&from=2026-11-19&to=2026-11-20");
  const one = {
    ...NOTHING,
    requests: 1,
    input_tokens: 1,
    cache_read_tokens: 2,
    cache_write_tokens: 3,
    output_tokens: 4,
    reasoning_tokens: 1,
    cost: "0.000000000007",
  };
  expect(data).toEqual([
    { group: "2026-11-19", ...one },
    { group: "2026-11-20", ...one },
  ]);
});

test("A charge on its way to the ledger counts, once, within the range only.", async () => {
  const client = await world.client();
  const entry = await chargedAt(client, "2026-11-22T12:00:00.000Z");
  const charged = [{ group: "old/model", requests: 1, cost: "0.000000000007" }];
  expect((await usageBy(client, "model")).data).toMatchObject(charged);
  expect((await usageBy(client, "model", `&from=${TODAY}`)).data).toEqual([]);
  await world.router.ledger.drain(entry);
  expect((await usageBy(client, "model")).data).toMatchObject(charged);
});

describe("What cannot be asked is refused with the parameter's name:", () => {
  test.each([
    ["a day that does not exist", "from=2026-02-30", "from", "calendar"],
    ["no day at all", "to=yesterday", "to", "calendar"],
    ["nothing", "from=", "from", "calendar"],
    ["an instant", "from=2026-11-20T10:00:00Z", "from", "calendar"],
    ["a day to come", "to=2026-11-24", "to", "future"],
    ["a range to come", "from=2027-01-01&to=2027-01-02", "from", "future"],
    ["a range that ends before it begins", "from=2026-11-20&to=2026-11-19", "from", "after"],
    ["more than a month", "from=2026-10-23&to=2026-11-23", "from", "31 days"],
    ["an unknown grouping", "group_by=colour", "group_by", "model, key, day, tag"],
  ])("%s", async (_, query, param, says) => {
    const client = await world.client();
    const response = await client.get(`/usage?${query}`);
    const message = await expectError(response, { status: 400, code: "invalid_value", param });
    expect(message).toContain(says);
  });

  test("31 days are possible, and so is today", async () => {
    const client = await world.client();
    const response = await client.get(`/usage?from=2026-10-24&to=${TODAY}`);
    expect([response.status, requestIdOf(response)]).toEqual([200, expect.stringMatching(/^req_/)]);
  });
});

test("Nobody asks without a key, and nothing but GET is possible.", async () => {
  const url = `${world.router.baseUrl}/usage`;
  await expectError(await fetch(url), { status: 401, code: "invalid_api_key" });
  const posted = await fetch(url, { method: "POST" });
  expect(posted.headers.get("allow")).toBe("GET");
  await expectError(posted, { status: 405, code: "method_not_allowed" });
});
