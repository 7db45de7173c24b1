import { describe, expect, test } from "vitest";
import { ceilingOf, unitsOfWrite } from "../../bench/ledger/ceiling.ts";

test.each([
  [0, 1],
  [1, 1],
  [1_024, 1],
  [1_025, 2],
  [2_048, 2],
  [400_000, 391],
])("a write of %i bytes takes %i units", (bytes, units) => {
  expect(unitsOfWrite(bytes)).toBe(units);
});

describe("what one account's item can do", () => {
  test("is 1,000 units a second, three writes a request", () => {
    // One unit a write however many are open: 166 holds of half a second are 332 requests, 996 units; one more is too many.
    const ceiling = ceilingOf({ baseBytes: 1, holdBytes: 0 }, 0.5);
    expect(ceiling).toEqual({
      requestsASecond: 332,
      openHolds: 166,
      unitsARequest: 3,
      limitedBy: "write units",
    });
  });

  test("is less the longer a stream is open, as more holds make every write dearer", () => {
    // A kB a hold, so the arithmetic can be done here.
    const size = { baseBytes: 1_024, holdBytes: 1_024 };
    const { openHolds, requestsASecond, unitsARequest, limitedBy } = ceilingOf(size, 10);
    expect([requestsASecond, unitsARequest, limitedBy]).toEqual([
      openHolds / 10,
      3 * (1 + openHolds),
      "write units",
    ]);
    expect(requestsASecond * unitsARequest).toBeLessThanOrEqual(1_000);
    expect(((openHolds + 1) / 10) * 3 * (2 + openHolds)).toBeGreaterThan(1_000);
  });

  test("is 256 holds where streams are so long that the units would do for more", () => {
    const ceiling = ceilingOf({ baseBytes: 1_024, holdBytes: 100 }, 60);
    expect(ceiling).toMatchObject({ openHolds: 256, limitedBy: "256 holds" });
    expect(ceiling.requestsASecond).toBeCloseTo(256 / 60);
  });

  test("is nothing where one request a time is too much", () => {
    expect(ceilingOf({ baseBytes: 400_000, holdBytes: 0 }, 1).requestsASecond).toBe(0);
  });
});
