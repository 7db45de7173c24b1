import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { parseUsd } from "../../lambda/core/money.ts";
import { topUpId } from "../../lambda/core/payments-entries.ts";
import { type ReconcileWorld, reconcile } from "../../lambda/payments/reconcile/reconcile.ts";
import { STRIPE_KEY } from "../fakes/stripe-server.ts";
import {
  availableOf,
  checkout,
  deliverAll,
  movedCents,
  newAccount,
  payTopUp,
  worldForTests,
} from "./payments-world.ts";

const world = await worldForTests();

async function compare(accountId: string, changes: Partial<ReconcileWorld> = {}) {
  const run = await reconcile({
    ...world,
    accounts: () => world.accounts.scan(),
    shouldStop: () => false,
    ...changes,
  });
  expect(run).toMatchObject({ complete: true, failed: 0 });
  return run.differences.filter((difference) => difference.accountId === accountId);
}

test("a payment whose events never came is credited within the hour, and told", async () => {
  const accountId = await newAccount(world);
  const paymentId = await payTopUp(world, accountId, "10");
  world.clock.aheadMs = 3_600_000;
  expect(await compare(accountId)).toEqual([{ kind: "missing_credit", paymentId, accountId }]);
  expect(await movedCents(world, accountId)).toEqual({ [topUpId(paymentId)]: [1000, 50] });
  expect(await compare(accountId)).toEqual([]);
});

test("a payment of a moment ago is credited and is no difference: its webhook is on its way", async () => {
  const accountId = await newAccount(world);
  await payTopUp(world, accountId, "10");
  expect(await compare(accountId)).toEqual([]);
  expect(await availableOf(world, accountId)).toBe(parseUsd("10"));
});

test("a refund whose events never came is taken, also of a payment older than the window", async () => {
  const accountId = await newAccount(world);
  const paymentId = await payTopUp(world, accountId, "10");
  await deliverAll(world);
  world.clock.aheadMs = 10 * 86_400_000;
  world.stripe.books.refund(paymentId, 525);
  expect(await compare(accountId)).toEqual([{ kind: "missing_adjustment", paymentId, accountId }]);
  expect(await availableOf(world, accountId)).toBe(parseUsd("5"));
  world.clock.aheadMs += 3_600_000;
  expect(await compare(accountId)).toEqual([]);
});

test.each([
  ["10", []],
  ["11", ["amount_differs"]],
])("a credit of %s USD for 10 that were paid before the window", async (usd, kinds) => {
  const accountId = await newAccount(world);
  const paymentId = await payTopUp(world, accountId, "10");
  world.clock.aheadMs = 4 * 86_400_000;
  await world.ledger.credit({
    ...{ accountId, creditId: topUpId(paymentId), type: "topup", amountPicoUsd: parseUsd(usd) },
    createdAt: new Date(world.nowMs()).toISOString(),
  });
  const found = await compare(accountId, without("touchedSince"));
  expect(found).toEqual(kinds.map((kind) => ({ kind, paymentId, accountId })));
});

test.each([
  ["of a payment that never was", "pi_0000000000000000", "credit_without_payment"],
  ["that names no payment", "by_hand", "credit_without_payment"],
])("a credit %s is found", async (_, paymentId, kind) => {
  const accountId = await newAccount(world);
  await world.ledger.credit({
    accountId,
    creditId: topUpId(paymentId),
    type: "topup",
    amountPicoUsd: parseUsd("10"),
    createdAt: new Date(world.nowMs()).toISOString(),
  });
  expect(await compare(accountId)).toEqual([{ kind, paymentId, accountId }]);
});

test("a payment that is credited to another account, or with another amount, is found", async () => {
  const [payer, other] = [await newAccount(world), await newAccount(world)];
  const paymentId = await payTopUp(world, payer, "10");
  const credit = (accountId: string, usd: string) =>
    world.ledger.credit({
      accountId,
      creditId: topUpId(paymentId),
      type: "topup",
      amountPicoUsd: parseUsd(usd),
      createdAt: new Date(world.nowMs()).toISOString(),
    });
  await credit(payer, "100");
  await credit(other, "10");
  expect(await compare(payer)).toEqual([{ kind: "amount_differs", paymentId, accountId: payer }]);
  expect(await compare(other)).toEqual([{ kind: "credit_without_payment", paymentId, accountId: other }]);
});

test("a run without time stops, and says that it is not complete", async () => {
  await payTopUp(world, await newAccount(world), "10");
  const run = await reconcile({ ...world, accounts: () => world.accounts.scan(), shouldStop: () => true });
  expect(run).toMatchObject({ complete: false, payments: 0, credits: 0 });
});

/** Stripe, one of whose lists is empty. */
const without = (list: "paymentsSince" | "touchedSince") => ({
  processor: { ...world.processor, [list]: async function* () {} },
});

test.each(["paymentsSince", "touchedSince"] as const)(
  "a payment that %s does not list is compared all the same",
  async (list) => {
    const accountId = await newAccount(world);
    const paymentId = await payTopUp(world, accountId, "10");
    world.clock.aheadMs = 3_600_000;
    const missing = [{ kind: "missing_credit", paymentId, accountId }];
    expect(await compare(accountId, without(list))).toEqual(missing);
  },
);

test("a payment that is paid and credited is not looked up again", async () => {
  const accountId = await newAccount(world);
  const paymentId = await payTopUp(world, accountId, "10");
  await deliverAll(world);
  const looked: string[] = [];
  const processor = {
    ...world.processor,
    payment(wanted: string) {
      looked.push(wanted);
      return world.processor.payment(wanted);
    },
  };
  expect(await compare(accountId, { processor })).toEqual([]);
  expect(looked).not.toContain(paymentId);
});

test("a debit that is on its way, or failed, is no difference; a credit for one that failed is", async () => {
  const accountId = await newAccount(world);
  const { books } = world.stripe;
  const debit = books.pay(await checkout(world, accountId, "20"), "debit");
  const paymentId = debit?.id ?? "";
  expect(await compare(accountId, without("touchedSince"))).toEqual([]);
  books.endDebit(paymentId, false);
  expect(await compare(accountId, without("touchedSince"))).toEqual([]);
  await world.ledger.credit({
    ...{ accountId, creditId: topUpId(paymentId), type: "topup", amountPicoUsd: parseUsd("20") },
    createdAt: new Date(world.nowMs() - 10 * 86_400_000).toISOString(),
  });
  // Too old to be looked at from the credit's side.
  expect(await compare(accountId)).toEqual([{ kind: "credit_without_payment", paymentId, accountId }]);
});

test("a payment behind a hundred others in Stripe's lists is compared too", async () => {
  const accountId = await newAccount(world);
  const paymentId = await payTopUp(world, accountId, "10");
  const { intents, events } = world.stripe.books.state;
  const intent = intents[paymentId];
  const event = events.at(-1);
  if (!intent || !event) throw new Error("it was not paid");
  const places = Array.from({ length: 101 }, (_, place) => place);
  // What the operator sells beside this: newer, and told of later.
  for (const place of places) {
    const id = `pi_beside${place}`;
    intents[id] = { ...intent, id, created: intent.created + 1, metadata: {} };
    const { id: session, ...object } = event.data.object as { id: string };
    const data = { ...event.data, object: { ...object, id: session, payment_intent: id } };
    events.push({ ...event, id: `evt_beside${place}`, created: event.created + 1, data } as typeof event);
  }
  try {
    for (const list of ["paymentsSince", "touchedSince"] as const) {
      const listed = await Array.fromAsync<unknown>(world.processor[list](world.nowMs() - 3_600_000));
      const ids = listed.map((item) =>
        typeof item === "string" ? item : Reflect.get(Object(item), "paymentId"),
      );
      expect(ids.filter((id) => id === paymentId)).toEqual([paymentId]);
    }
  } finally {
    for (const place of places) delete intents[`pi_beside${place}`];
    events.splice(-places.length);
  }
});

test("a refund of a payment within the window is found in the list of payments alone", async () => {
  const accountId = await newAccount(world);
  const paymentId = await payTopUp(world, accountId, "10");
  await deliverAll(world);
  world.stripe.books.refund(paymentId, 525);
  world.clock.aheadMs = 3_600_000;
  const missing = [{ kind: "missing_adjustment", paymentId, accountId }];
  expect(await compare(accountId, without("touchedSince"))).toEqual(missing);
});

test("a payment that cannot be credited is told with its reason; what is not ours is left alone", async () => {
  const [nobody, payer] = [`acct_${randomUUID()}`, await newAccount(world)];
  const paymentId = await payTopUp(world, nobody, "10");
  expect(await compare(nobody)).toContainEqual({ kind: "unknown_account", paymentId, accountId: nobody });
  const beside = world.stripe.books.state.intents[await payTopUp(world, payer, "10")];
  if (beside) beside.metadata = {};
  expect(await compare(payer)).toEqual([]);
});

test("a payment that cannot be looked up is counted, and keeps no other from being credited", async () => {
  const accountId = await newAccount(world);
  const [first, second] = [await payTopUp(world, accountId, "10"), await payTopUp(world, accountId, "20")];
  const payment = async (id: string) => {
    if (id === first) throw new RangeError("lost");
    if (id === second) return await world.processor.payment(id);
    return undefined;
  };
  const processor = { ...without("touchedSince").processor, payment };
  const run = await reconcile({
    ...{ ...world, processor, shouldStop: () => false },
    accounts: async function* () {
      yield { accountId: "acct_edited", problem: "edited by hand" };
    },
  });
  expect(run).toMatchObject({ complete: true, failed: 1, failure: "RangeError: lost", credits: 0 });
  expect(await movedCents(world, accountId)).toEqual({ [topUpId(second)]: [2000, 100] });
});

test("a run may run out of time anywhere: it is complete only when nothing was left out", async () => {
  const accountId = await newAccount(world);
  await payTopUp(world, accountId, "10");
  const one = await world.ledger.account(accountId);
  const listed = await Array.fromAsync(world.processor.paymentsSince(world.nowMs() - 3_600_000));
  const mine = listed.filter((payment) => payment.accountId === accountId);
  const processor = {
    ...world.processor,
    paymentsSince: async function* () {
      yield* mine;
    },
    touchedSince: async function* () {
      yield* mine.map(({ paymentId }) => paymentId);
    },
  };
  const accounts = async function* () {
    if (one) yield one;
  };
  const runs: unknown[] = [];
  for (const steps of [0, 1, 2, 3]) {
    let asked = 0;
    const shouldStop = () => ++asked > steps;
    const { complete, payments, credits } = await reconcile({ ...world, processor, accounts, shouldStop });
    runs.push({ complete, payments, credits });
  }
  expect(runs).toEqual([
    { complete: false, payments: 0, credits: 0 },
    { complete: false, payments: 1, credits: 0 },
    { complete: false, payments: 1, credits: 0 },
    { complete: true, payments: 1, credits: 1 },
  ]);
});

test("where payments are off there is nothing to compare", async () => {
  world.secrets.key = undefined;
  try {
    const run = await reconcile({
      ...world,
      ...{ accounts: () => world.accounts.scan(), shouldStop: () => false },
    });
    expect(run).toMatchObject({ mode: "off", complete: true, failed: 0, differences: [] });
  } finally {
    world.secrets.key = STRIPE_KEY;
  }
});
