import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeHold, encodeHold, type Hold, holdExpiryMs, keyPeriodOf } from "../../lambda/core/hold.ts";

const word = fc.stringMatching(/^[\w.:/#-]{1,64}$/);
const anyHold: fc.Arbitrary<Hold> = fc.record({
  amountPicoUsd: fc.bigInt({ min: 0n, max: 10n ** 30n }),
  expiresAtMs: fc.nat(Number.MAX_SAFE_INTEGER),
  keyId: word,
  keyPeriod: word,
  model: word,
  catalogVersion: word,
  attempt: word,
});

test("A hold that is written and read again is the same.", () => {
  fc.assert(
    fc.property(anyHold, (hold) => {
      expect(decodeHold(encodeHold(hold))).toEqual(hold);
    }),
  );
});

test("Two holds that differ in anything, the attempt too, are never the same string.", () => {
  fc.assert(
    fc.property(
      anyHold,
      anyHold,
      fc.constantFrom("amountPicoUsd", "expiresAtMs", "attempt"),
      (one, other, field) => {
        const changed = { ...one, [field]: other[field] };
        expect(encodeHold(changed) === encodeHold(one)).toBe(changed[field] === one[field]);
      },
    ),
  );
});

test.each([
  "",
  "5",
  "5|1|k|-|m|c",
  "5|1|k|-|m|c|a|b",
  "5|1|k||m|c|a",
  "x|1|k|-|m|c|a",
  "5|x|k|-|m|c|a",
  "-5|1|k|-|m|c|a",
  "|||||||",
])('What is not a hold is an error: "%s".', (text) => {
  expect(() => decodeHold(text)).toThrow();
});

test("A hold outlives its request's deadline by two minutes and lives at least six.", () => {
  expect(holdExpiryMs(1_000, 2_000)).toBe(361_000);
  expect(holdExpiryMs(1_000, 901_000)).toBe(1_021_000);
  fc.assert(
    fc.property(fc.nat(), fc.nat(), (nowMs, deadlineMs) => {
      const expiry = holdExpiryMs(nowMs, deadlineMs);
      expect(expiry).toBeGreaterThanOrEqual(nowMs + 360_000);
      expect(expiry).toBeGreaterThanOrEqual(deadlineMs + 120_000);
    }),
  );
});

test("A key's month is the calendar month in UTC, to the millisecond.", () => {
  const turn = Date.UTC(2026, 11, 1);
  expect(keyPeriodOf("key_1", { period: "month" }, turn - 1)).toBe("key_1#2026-11");
  expect(keyPeriodOf("key_1", { period: "month" }, turn)).toBe("key_1#2026-12");
  expect(keyPeriodOf("key_1", { period: "total" }, turn)).toBe("key_1#total");
  expect(keyPeriodOf("key_1", undefined, turn)).toBe("-");
});
