// Accounts that top themselves up, and what makes them.
import { parseUsd } from "../../lambda/core/money.ts";
import { lowOf } from "../../lambda/payments/auto-top-up/low-event.ts";
import { watchBalance } from "../../lambda/usage/low-balance/watch-balance.ts";
import { GOOD_CARD } from "../../local/stripe/books.ts";
import { deliverAll, moveBy, newAccount, type PaymentsWorld, payTopUp } from "./payments-world.ts";

/** An account that tops itself up by 20 USD, with 10 USD on it. */
export async function selfFilling(
  world: PaymentsWorld,
  card = GOOD_CARD,
  maximumPerDay = 2,
): Promise<string> {
  const accountId = await newAccount(world);
  await payTopUp(world, accountId, "10", card);
  await deliverAll(world);
  await world.payments.setAutoTopUp(accountId, {
    enabled: true,
    creditPicoUsd: parseUsd("20"),
    maximumPerDay,
  });
  return accountId;
}

/** Spends until the balance is low. @returns the events that tell of it. */
export async function fallLow(world: PaymentsWorld, accountId: string, usd = "-6") {
  await moveBy(world, accountId, usd);
  const lows: ReturnType<typeof lowOf>[] = [];
  const bus = {
    async publish(events: readonly { type: string; detail: unknown }[]) {
      for (const { detail } of events) lows.push(lowOf(detail));
      return { failed: [] };
    },
  };
  await watchBalance({ balances: world.balances, bus, nowMs: world.nowMs }, accountId);
  return lows.flatMap((low) => low ?? []);
}

export async function chargesOf(world: PaymentsWorld, accountId: string): Promise<number> {
  const intents = Object.values(world.stripe.books.state.intents);
  return intents.filter(
    ({ metadata }) => metadata["wlrouter_account"] === accountId && metadata["wlrouter_order"],
  ).length;
}
