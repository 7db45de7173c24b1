import fc from "fast-check";
import { expect, test } from "vitest";
import { verifyAccount } from "../../lambda/core/verify.ts";
import {
  availableOf,
  type Crash,
  checkout,
  movedCents,
  newAccount,
  worldForTests,
} from "./payments-world.ts";

/** `WLROUTER_SEED=… vitest run test/payments/webhook-properties.test.ts` plays the same again; WLROUTER_SEQUENCES plays more. */
const SEED = Number(process.env["WLROUTER_SEED"] ?? Date.now() % 2 ** 31);
const SEQUENCES = Number(process.env["WLROUTER_SEQUENCES"] ?? 12);
const LIMIT_MS = 60_000 + 10_000 * SEQUENCES;

const world = await worldForTests();

// --- what can happen at Stripe --------------------------------------------------------------------------------

const which = fc.nat({ max: 7 });
const cents = fc.integer({ min: 1, max: 1_200 });
const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("pay" as const),
      debit: fc.boolean(),
      cents: fc.integer({ min: 1_000, max: 1_700 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("endDebit" as const), which, isPaid: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("refund" as const),
      which,
      cents: fc.option(cents, { nil: undefined }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("failRefund" as const), which }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("dispute" as const), which, cents, isInquiry: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("escalate" as const), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("endDispute" as const), which, isWon: fc.boolean() }) },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** After each step, some of the events that are on their way arrive, by their place among them; they stay on their way. */
const play = fc.array(
  fc.record({
    step,
    arrivals: fc.array(fc.nat({ max: 19 }), { maxLength: 2 }),
    crashes: fc.array(fc.constantFrom<Crash>("before", "after", undefined), { maxLength: 3 }),
  }),
  { minLength: 2, maxLength: 9 },
);

async function carryOut(accountId: string, wanted: Step): Promise<void> {
  const { books } = world.stripe;
  const pick = <Item>(items: Item[], place: number): Item | undefined => items[place % (items.length || 1)];
  const mine = Object.values(books.state.intents).filter(
    (intent) => intent.metadata["wlrouter_account"] === accountId,
  );
  const of = <Item extends { payment_intent: unknown }>(items: Record<string, Item>) =>
    Object.values(items).filter((item) => mine.some(({ id }) => id === item.payment_intent));
  if (wanted.do === "pay") {
    const usd = `${Math.floor(wanted.cents / 100)}.${String(wanted.cents % 100).padStart(2, "0")}`;
    books.pay(await checkout(world, accountId, usd), wanted.debit ? "debit" : "card");
  } else if (wanted.do === "endDebit") books.endDebit(pick(mine, wanted.which)?.id ?? "", wanted.isPaid);
  else if (wanted.do === "refund") books.refund(pick(mine, wanted.which)?.id ?? "", wanted.cents);
  else if (wanted.do === "failRefund")
    books.failRefund(pick(of(books.state.refunds), wanted.which)?.id ?? "");
  else if (wanted.do === "dispute")
    books.dispute(pick(mine, wanted.which)?.id ?? "", wanted.cents, wanted.isInquiry);
  else if (wanted.do === "escalate") books.escalate(pick(of(books.state.disputes), wanted.which)?.id ?? "");
  else books.endDispute(pick(of(books.state.disputes), wanted.which)?.id ?? "", wanted.isWon);
}

// --- what must come of it -------------------------------------------------------------------------------------

/** From Stripe's books alone, in US cents: what was paid, less its part of what went back. */
function rightCents(accountId: string): number {
  const { intents, refunds, disputes } = world.stripe.books.state;
  let right = 0;
  for (const intent of Object.values(intents)) {
    if (intent.metadata["wlrouter_account"] !== accountId || intent.status !== "succeeded") continue;
    const credit = Number(intent.metadata["wlrouter_credit_cents"]);
    const part = (returned: number) => Math.floor((returned * credit) / intent.amount + 1e-9);
    right += credit;
    for (const refund of Object.values(refunds)) {
      if (refund.payment_intent === intent.id && refund.status === "succeeded") right -= part(refund.amount);
    }
    for (const dispute of Object.values(disputes)) {
      if (dispute.payment_intent !== intent.id) continue;
      if (dispute.status === "needs_response" || dispute.status === "lost") right -= part(dispute.amount);
    }
  }
  return right;
}

const total = { sequences: 0, events: 0, deliveries: 0, crashed: 0 };

test(
  "Any events, in any order, repeated, and broken off anywhere: the balance is what was paid less what went back.",
  async () => {
    try {
      await fc.assert(
        fc.asyncProperty(play, fc.infiniteStream(fc.nat()), async (steps, order) => {
          const accountId = await newAccount(world);
          const onTheirWay: object[] = [];
          const deliver = async (event: object, crashes: Crash[]) => {
            world.crashes.splice(0, world.crashes.length, ...crashes);
            const { status } = await world.deliver(event);
            world.crashes.length = 0;
            total.deliveries += 1;
            if (status === 500) total.crashed += 1;
            else expect(status).toBe(200);
          };
          for (const { step: wanted, arrivals, crashes } of steps) {
            await carryOut(accountId, wanted);
            onTheirWay.push(...world.stripe.takeEvents());
            for (const place of arrivals) {
              const event = onTheirWay[place % (onTheirWay.length || 1)];
              if (event) await deliver(event, crashes);
            }
          }
          total.sequences += 1;
          total.events += onTheirWay.length;
          // Each arrives at last, in an order of its own, the first two of them twice.
          const shuffled = onTheirWay
            .map((event) => ({ event, place: order.next().value ?? 0 }))
            .sort((a, b) => a.place - b.place)
            .map(({ event }) => event);
          for (const event of [...shuffled, ...shuffled.slice(0, 2)]) await deliver(event, []);
          expect(await availableOf(world, accountId)).toBe(BigInt(rightCents(accountId)) * 10_000_000_000n);
          expect(await verdictOn(accountId)).toMatchObject({ violations: [], decided: true });
          expect(await feesOf(accountId)).toBe(rightFees(accountId));
        }),
        { seed: SEED, numRuns: SEQUENCES },
      );
    } finally {
      console.log(`webhook properties, WLROUTER_SEED=${SEED}:`, JSON.stringify(total));
    }
  },
  LIMIT_MS,
);

function verdictOn(accountId: string) {
  return verifyAccount({
    account: () => world.ledger.account(accountId),
    entries: (order) => world.accounts.entriesById(accountId, order),
  });
}

async function feesOf(accountId: string): Promise<number> {
  return Object.values(await movedCents(world, accountId)).reduce((sum, [, fee = 0]) => sum + fee, 0);
}

/** What Stripe has of this account's money, less what is credit. */
function rightFees(accountId: string): number {
  const { intents, refunds, disputes } = world.stripe.books.state;
  let kept = 0;
  for (const intent of Object.values(intents)) {
    if (intent.metadata["wlrouter_account"] !== accountId || intent.status !== "succeeded") continue;
    kept += intent.amount;
    for (const refund of Object.values(refunds)) {
      if (refund.payment_intent === intent.id && refund.status === "succeeded") kept -= refund.amount;
    }
    for (const dispute of Object.values(disputes)) {
      const isLost = dispute.status === "needs_response" || dispute.status === "lost";
      if (dispute.payment_intent === intent.id && isLost) kept -= dispute.amount;
    }
  }
  return kept - rightCents(accountId);
}
