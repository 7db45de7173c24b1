/** What goes on beside the requests: payments, corrections, sweeps, inspections, and keys that are taken away. */
import { StoreError } from "../../../lambda/adapters/dynamodb/store.ts";
import type { AccountStatus } from "../../../lambda/core/ports.ts";
import { type Random, seededRandom } from "../../fakes/seeded-random.ts";
import { type Bank, type BankAccount, newKey, type Payment, paymentOf } from "./bank.ts";
import { type Interruption, Invocation } from "./invocation.ts";
import { violationsOf } from "./judge.ts";
import type { Problem } from "./oracle.ts";
import { PAST_STALE_MS, sweepOnce } from "./recovery.ts";
import { mixSeed, skewed } from "./request-plan.ts";

/** Invocations of chores that died. */
export interface Chores {
  /** What happens beside the request with this number. */
  beside(number: number): Promise<void>;
  /** Delivers every payment that nobody has acknowledged, until somebody does. */
  payUp(): Promise<void>;
  readonly problems: Problem[];
}

export function createChores(bank: Bank, seed: number): Chores {
  const problems: Problem[] = [];
  const suspendedOnce = new Set<BankAccount>();
  const chores: readonly [everySoOften: number, chore: (random: Random) => Promise<unknown>][] = [
    [1, async (random) => bank.clock.advance(random.between(0, 400))],
    [150, async () => bank.clock.advance(PAST_STALE_MS)],
    [
      120,
      notAgainBefore((random) =>
        Promise.all([sweepOnce(bank, { interruption: mayDie(random, 20) }), sweepOnce(bank)]),
      ),
    ],
    [5, (random) => glance(bank, anyOf(bank.members, random).accountId, problems)],
    [25, (random) => topUp(bank, random, problems)],
    [60, (random) => correct(bank, random, problems)],
    [
      300,
      async (random) => problems.push(...(await violationsOf(bank, anyOf(bank.members, random).accountId))),
    ],
    [200, notAgainBefore(() => bank.settleOwed())],
    [250, (random) => revokeKey(bank, random)],
    [150, (random) => suspendAnother(bank, random, suspendedOnce)],
  ];
  return {
    problems,
    async beside(number) {
      const random = seededRandom(mixSeed(seed ^ 0x3c6ef372, number));
      await Promise.all(
        chores.map(([every, chore]) => (random.chance(1 / every) ? chore(random) : undefined)),
      );
    },
    async payUp() {
      const open = [...bank.payments.values()].filter(({ isAcknowledged }) => !isAcknowledged);
      await Promise.all(open.map((payment) => deliver(bank, payment, undefined, problems)));
    },
  };
}

/** Not begun again before it is done: dozens at once would do the same work over and over, and nothing else. */
function notAgainBefore(chore: (random: Random) => Promise<unknown>): (random: Random) => Promise<unknown> {
  let isUnderWay = false;
  return async (random) => {
    if (isUnderWay) return;
    isUnderWay = true;
    try {
      await chore(random);
    } finally {
      isUnderWay = false;
    }
  };
}

function mayDie(random: Random, lastPoint: number): Interruption | undefined {
  const atPoint = random.between(1, lastPoint);
  const kind = random.chance(0.5) ? "crashBefore" : "crashAfter";
  return random.chance(0.2) ? { atPoint, kind } : undefined;
}

/** Where most requests are, most of everything else is. */
function anyOf<T>(things: readonly T[], random: Random): T {
  const thing = things[Math.floor(skewed(random.next()) * things.length)];
  if (thing === undefined) throw new Error("there is nothing to choose from");
  return thing;
}

/** A payment arrives twice at the same moment, as Stripe's do. */
async function topUp(bank: Bank, random: Random, problems: Problem[]): Promise<void> {
  const { accountId } = anyOf(bank.members, random);
  const creditId = `topup_${bank.payments.size}`;
  const payment = paymentOf(bank, accountId, creditId, BigInt(random.between(1, 60)) * 1_000_000_000n);
  await Promise.all([
    deliver(bank, payment, mayDie(random, 5), problems),
    deliver(bank, payment, mayDie(random, 5), problems),
  ]);
}

/** More than any account has. */
const EVERYTHING = 10n ** 15n;

/** May take more than there is. */
async function correct(bank: Bank, random: Random, problems: Problem[]): Promise<void> {
  const { accountId } = anyOf(bank.members, random);
  const amountPicoUsd = random.chance(0.2) ? -EVERYTHING : -BigInt(random.between(1, 6_000_000)) * 1_000n;
  const payment = paymentOf(bank, accountId, `adj_${bank.payments.size}`, amountPicoUsd);
  await deliver(bank, payment, mayDie(random, 5), problems);
  await glance(bank, accountId, problems);
}

/** Invariant 1 must hold at every moment, and a balance below zero may be mended a moment later. */
async function glance(bank: Bank, accountId: string, problems: Problem[]): Promise<void> {
  const account = await bank.directLedger.account(accountId);
  if (!account || account.availablePicoUsd >= 0n) return;
  problems.push({ kind: "violation", text: `${accountId}: 1: available is ${account.availablePicoUsd}` });
}

let deliveries = 0;

async function deliver(
  bank: Bank,
  payment: Payment,
  interruption: Interruption | undefined,
  problems: Problem[],
): Promise<void> {
  const invocation = new Invocation(`delivery_${++deliveries}`, interruption);
  try {
    const end = await invocation.run(() => bank.ledger.credit(payment.credit));
    if (end !== "crashed") payment.isAcknowledged = true;
  } catch (error) {
    if (error instanceof StoreError) return;
    problems.push({ kind: "violation", text: `${payment.credit.creditId} was refused: ${error}` });
  }
}

/** An operator tries until it is done; from then on the key is worth nothing. Its owner takes a new one by and by. */
async function revokeKey(bank: Bank, random: Random): Promise<void> {
  const member = anyOf(bank.members, random);
  const key = anyOf(member.keys, random);
  const { keyId, spendLimit } = key.apiKey;
  await untilDone(() => bank.apiKeys.revoke(key.apiKey));
  key.isRevoked = true;
  const inUse = member.keys.filter(({ apiKey, isRevoked }) => !isRevoked || apiKey.keyId === keyId);
  member.keys = [await newKey(bank, member.accountId, spendLimit), ...inUse];
}

/**
 * One account after another is stopped for a while. None is stopped twice: an operator's write that comes late would
 * open an account again that has been stopped a second time.
 */
async function suspendAnother(bank: Bank, random: Random, suspendedOnce: Set<BankAccount>): Promise<void> {
  const setStatus = (member: BankAccount, status: AccountStatus) =>
    untilDone(() => bank.statuses.setStatus(member.accountId, status));
  const stopped = bank.members.find(({ isSuspended }) => isSuspended);
  if (stopped) {
    stopped.isSuspended = false;
    return setStatus(stopped, "active");
  }
  const member = anyOf(bank.members, random);
  if (suspendedOnce.has(member)) return;
  suspendedOnce.add(member);
  await setStatus(member, "suspended");
  member.isSuspended = true;
}

async function untilDone(work: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StoreError) || error.failure === "condition_failed") throw error;
    }
  }
}
