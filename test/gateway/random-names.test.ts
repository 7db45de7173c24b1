import { expect, test } from "vitest";
import { createRandomNames } from "../../lambda/gateway/random-names.ts";

const MANY = 5_000;

test("ids are UUIDs of version 7, and no two names are the same, however often the pool is filled", () => {
  const names = createRandomNames();
  const seen = new Set<string>();
  for (let i = 0; i < MANY; i++) {
    const requestId = names.requestId();
    expect(requestId).toMatch(/^req_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    // HOLD's nonce: it has to be random by itself.
    seen.add(requestId.slice(-12));
    const attempt = names.attempt();
    expect(attempt).toMatch(/^[\w-]{7}$/);
    seen.add(attempt);
  }
  expect(seen.size).toBe(2 * MANY);
});

test("no random byte is used twice", () => {
  const pools: Buffer[] = [];
  const names = createRandomNames((bytes) => {
    bytes.forEach((_, at) => {
      bytes[at] = (at * 7 + pools.length * 13) % 251;
    });
    pools.push(Buffer.from(bytes));
  });
  const attempts = Array.from({ length: MANY }, () => names.attempt());
  const used = Buffer.concat(attempts.map((attempt) => Buffer.from(attempt, "base64url")));
  // One after another, less the rest of a pool that is too short for a name.
  const expected = Buffer.concat(pools.map((pool) => pool.subarray(0, pool.length - (pool.length % 5))));
  expect(used.equals(expected.subarray(0, used.length))).toBe(true);
});
