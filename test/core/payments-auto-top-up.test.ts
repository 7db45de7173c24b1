/** What an order that is still open asks for: it may have been charged, and processors forget orders after a day. */
import { describe, expect, test } from "vitest";
import { autoTopUpStep, orderEnded } from "../../lambda/core/payments-auto-top-up.ts";
import type { PaymentProfile, TopUpOrder } from "../../lambda/core/payments-profile.ts";

const NOW_MS = Date.UTC(2026, 10, 23, 12);
const HOUR_MS = 3_600_000;
const LOW = { accountId: "acct_1", sequence: 7 };
const TERMS = {
  minimumTopUpUsd: "10",
  maximumTopUpUsd: "1000",
  serviceFeePercent: "5",
  autoTopUpsPerDay: 3,
};

function stepFor(startedHoursAgo: number, { enabled = true, isSuspended = false, stopped = false } = {}) {
  const order: TopUpOrder = {
    orderId: "low_acct_1_7_1",
    sequence: 7,
    step: 1,
    price: { creditCents: 2_000n, feeCents: 100n },
    customerId: "cus_1",
    methodId: "pm_1",
    startedAtMs: NOW_MS - startedHoursAgo * HOUR_MS,
    state: "open",
  };
  const profile: PaymentProfile = {
    customerId: "cus_1",
    method: { methodId: "pm_1", brand: "visa", last4: "4242" },
    auto: {
      enabled,
      creditCents: 2_000n,
      maximumPerDay: 3,
      ...(stopped && { stoppedBecause: "declined" }),
    },
    order,
  };
  const balance = {
    postedPicoUsd: 1n,
    isSuspended,
    thresholdPicoUsd: 5n,
    isDefaultThreshold: true,
    crossing: {
      sequence: 7,
      postedPicoUsd: 1n,
      thresholdPicoUsd: 5n,
      at: "2026-11-23T00:00:00.000Z",
      told: true,
    },
  };
  return autoTopUpStep(LOW, profile, balance, TERMS, NOW_MS).act;
}

test.each<[string, ReturnType<typeof stepFor>, string]>([
  ["begun an hour ago is gone on with", stepFor(1), "resume"],
  ["begun almost a day ago is gone on with", stepFor(22), "resume"],
  ["begun a day ago is only looked for: to ask again could charge again", stepFor(24), "look"],
  ["no longer wanted is only looked for", stepFor(1, { enabled: false }), "look"],
  ["of an account that was stopped is only looked for", stepFor(1, { stopped: true }), "look"],
  ["of an account that was suspended is only looked for", stepFor(1, { isSuspended: true }), "look"],
])("an open order %s", (_, act, expected) => {
  expect(act).toBe(expected);
});

test.each<[string, number, bigint, string]>([
  ["of an earlier crossing", 6, 1n, "another crossing"],
  ["of a balance that is at its threshold", 7, 5n, "not low"],
])("an event %s begins no order", (_, sequence, postedPicoUsd, why) => {
  const method = { methodId: "pm_1", brand: "visa", last4: "4242" };
  const auto = { enabled: true, creditCents: 2_000n, maximumPerDay: 3 };
  const crossing = { sequence: 7, postedPicoUsd: 1n, thresholdPicoUsd: 5n, at: "2026-11-23", told: true };
  const balance = {
    ...{ postedPicoUsd, thresholdPicoUsd: 5n, isSuspended: false, isDefaultThreshold: true, crossing },
  };
  const profile = { customerId: "cus_1", method, auto };
  const step = autoTopUpStep({ ...LOW, sequence }, profile, balance, TERMS, NOW_MS);
  expect(step).toEqual({ act: "nothing", why });
});

describe("the end of an order", () => {
  const order: TopUpOrder = {
    ...{ orderId: "low_acct_1_7_2", sequence: 7, step: 2, startedAtMs: NOW_MS, state: "open" },
    ...{ price: { creditCents: 2_000n, feeCents: 100n }, customerId: "cus_1", methodId: "pm_1" },
  };
  const auto = { enabled: true, creditCents: 2_000n, maximumPerDay: 3 };

  test("that was declined stops further ones, and one that was paid does not", () => {
    const done = { ...order, state: "done" };
    expect(orderEnded({ order, auto }, order.orderId)).toEqual({ order: done, auto });
    expect(orderEnded({ order, auto }, order.orderId, "declined")).toEqual({
      order: done,
      auto: { ...auto, stoppedBecause: "declined" },
    });
    expect(orderEnded({ order }, order.orderId, "declined")).toEqual({ order: done });
  });

  test("leaves another order open, and one that is told of late stops nothing", () => {
    const open = { order, auto };
    expect(orderEnded(open, "low_acct_1_7_1", "declined")).toBe(open);
    const done: PaymentProfile = { order: { ...order, state: "done" }, auto };
    expect(orderEnded(done, order.orderId, "declined")).toBe(done);
  });
});
