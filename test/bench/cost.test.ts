import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Line, type Load, linesOf } from "../../bench/cost/lines.ts";

const LOAD: Load = {
  requests: 1_000_000,
  seconds: 10,
  memoryMb: 512,
  openHolds: 10,
  answerBytes: 20_000,
  hours: 720,
};

function quantity(what: string, changes: Partial<Load> = {}): number {
  const found = linesOf({ ...LOAD, ...changes }).find((line) => line.what === what);
  if (!found) throw new Error(`there is no line ${what}`);
  return found.quantity;
}

const dynamoUnits = (openHolds: number) => quantity("DynamoDB writes", { openHolds }) / LOAD.requests;

describe("a request costs", () => {
  test("one call of API Gateway for each begun 10 MB of its answer", () => {
    const calls = (answerBytes: number) => quantity("API Gateway", { answerBytes }) / LOAD.requests;
    expect([0, 10 * 1_048_576, 10 * 1_048_576 + 1, 25 * 1_048_576].map(calls)).toEqual([1, 1, 2, 3]);
  });

  test("the seconds it keeps its function, at the function's memory", () => {
    expect(quantity("Lambda, gateway's time")).toBe(5_000_000);
    expect(quantity("Lambda, gateway's time", { memoryMb: 1_024, seconds: 2 })).toBe(2_000_000);
  });

  test("nothing for bytes up to 6 MB of an answer, and by the GB beyond", () => {
    expect(quantity("Lambda, streamed bytes", { answerBytes: 6 * 1_048_576 })).toBe(0);
    expect(quantity("Lambda, streamed bytes", { answerBytes: 6 * 1_048_576 + 1_000 })).toBe(1);
  });

  test("three writes of the account's item, which open holds make larger, and three of the entry and its indexes", () => {
    expect(dynamoUnits(0)).toBe(3 * 1 + 3);
    expect(dynamoUnits(10)).toBe(3 * 2 + 3);
    // As counted by the store itself: 13 units a write with 100 holds open (docs/performance.md).
    expect(dynamoUnits(100)).toBe(3 * 13 + 3);
  });
});

test("every line is for as many requests as there are, or for the hours they are spread over", () => {
  const twice = linesOf({ ...LOAD, requests: 2 * LOAD.requests });
  linesOf(LOAD).forEach((line: Line, at) => {
    const expected = line.what === "S3 files of the lake" ? line.quantity : 2 * line.quantity;
    expect([line.what, twice[at]?.quantity]).toEqual([line.what, expected]);
  });
  expect(quantity("S3 files of the lake", { hours: 1 })).toBe(4);
});

test("every line's price is known, with its source, and every price is of some line", () => {
  const prices: Record<string, { usd: number; per: number; source: string }> = JSON.parse(
    readFileSync(new URL("../../bench/cost/prices.json", import.meta.url), "utf8"),
  );
  const used = new Set(linesOf(LOAD).map(({ price }) => price));
  expect([...used].sort()).toEqual(Object.keys(prices).sort());
  for (const { usd, per, source } of Object.values(prices)) {
    expect(usd).toBeGreaterThanOrEqual(0);
    expect(per).toBeGreaterThan(0);
    expect(source.length).toBeGreaterThan(10);
  }
});
