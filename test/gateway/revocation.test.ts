/** A key that is revoked and an account that is suspended, in the middle of their traffic. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { expectSoundBooks } from "../contract/books.ts";
import { COST_PICO_USD, gate, slowStream } from "../contract/slow-stream.ts";
import { chat, completion, usage } from "./completions.ts";
import { type Client, expectError, openWorld, requestIdOf, type World } from "./world.ts";

const BODY = chat({ max_completion_tokens: 100 });
const STREAM = { ...BODY, stream: true };
const OPEN = 5;

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
beforeEach(() => world.provider.always(completion("Hi", usage(10, 2))));
afterAll(() => world.close());

async function revoke({ keyId }: Client): Promise<void> {
  const key = await world.router.keys.find(keyId);
  if (!key) throw new Error("the key is gone");
  await world.router.keys.revoke(key);
}

const suspend = ({ accountId }: Client) => world.router.accounts.setStatus(accountId, "suspended");

describe.each([
  ["A key that is revoked", revoke, { status: 401, code: "invalid_api_key" }],
  ["An account that is suspended", suspend, { status: 403, code: "account_suspended" }],
] as const)("%s", (_, stop, refusal) => {
  test("is refused by the very next request, though its lookup is cached, and nobody is called", async () => {
    const client = await world.client();
    await client.ended(await client.post(BODY));
    const calls = world.upstreamCalls();
    await stop(client);
    for (const body of [BODY, STREAM]) await expectError(await client.post(body), refusal);
    expect(world.upstreamCalls()).toBe(calls);
    expect(await client.held()).toBe(0n);
  });

  test("leaves open streams to their end, and each is charged", async () => {
    const client = await world.client();
    const { opened, open } = gate();
    world.provider.always(slowStream(opened));
    const streams = await Promise.all(Array.from({ length: OPEN }, () => client.post(STREAM)));
    expect(streams.map(({ status }) => status)).toEqual(Array(OPEN).fill(200));
    await stop(client);
    await expectError(await client.post(STREAM), refusal);
    open();
    for (const stream of streams) expect(await stream.text()).toMatch(/ on.*\[DONE\]\s*$/s);
    for (const stream of streams) {
      expect(await client.ended(stream)).toMatchObject({
        amountPicoUsd: -COST_PICO_USD,
        charge: { outcome: "completed" },
      });
    }
    await expectSoundBooks(world.router, client.accountId);
  });

  test("in the middle of 40 requests ends nobody halfway: each is refused, or answered and charged once", async () => {
    const client = await world.client();
    const calls = world.upstreamCalls();
    const posts = Array.from({ length: 40 }, () => client.post(BODY));
    await Promise.race(posts);
    await stop(client);
    const answers = await Promise.all(posts);
    const admitted = answers.filter(({ status }) => status === 200);
    const refused = answers.filter(({ status }) => status === refusal.status);
    expect(admitted.length + refused.length).toBe(40);
    expect(admitted.length).toBeGreaterThan(0);
    for (const answer of admitted) await client.ended(answer);
    expect(world.upstreamCalls()).toBe(calls + admitted.length);
    expect((await expectSoundBooks(world.router, client.accountId)).sequence).toBe(1 + admitted.length);
    await expectError(await client.post(BODY), refusal);
  });
});

test("A revoked key stops alone: the account's others go on.", async () => {
  const client = await world.client();
  const { key } = await world.router.newKey({ accountId: client.accountId });
  await revoke(client);
  const other = await client.post(BODY, { headers: { authorization: `Bearer ${key}` } });
  expect(other.status).toBe(200);
  await client.ended(requestIdOf(other));
  expect((await client.post(BODY)).status).toBe(401);
});

test("A suspended account may still read its balance and what its requests cost; resumed, it goes on.", async () => {
  const client = await world.client();
  const before = await client.post(BODY);
  await client.ended(before);
  await suspend(client);
  expect(await (await client.get("/balance")).json()).toMatchObject({ status: "suspended", held: "0.00" });
  expect((await client.get(`/requests/${requestIdOf(before)}`)).status).toBe(200);
  await world.router.accounts.setStatus(client.accountId, "active");
  expect((await client.post(BODY)).status).toBe(200);
});
