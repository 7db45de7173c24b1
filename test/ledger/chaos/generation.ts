import { startDynamo } from "../../../local/dynamodb.ts";
import { NO_FAULTS } from "../../fakes/fault-plans.ts";
import { FaultyProxy } from "../../fakes/faulty-proxy.ts";
import { seededRandom } from "../../fakes/seeded-random.ts";
import { addMember, type Bank, type BankAccount, type BankKey, openBank, serve } from "./bank.ts";
import { createChores } from "./chores.ts";
import { judgeAccount } from "./judge.ts";
import { networkFaults } from "./network-faults.ts";
import { oversleep, recover } from "./recovery.ts";
import { interruptionPlan, mixSeed, type RequestPlan, requestPlan } from "./request-plan.ts";
import { emptyTally, type Tally } from "./tally.ts";
import { VirtualClock } from "./virtual-clock.ts";

export interface GenerationOptions {
  readonly seed: number;
  readonly requests: number;
}

const ACCOUNTS = 40;
const AT_ONCE = 32;
/** Of the store's calls; with four or more calls a request, every third request meets a fault. */
const FAULT_PROBABILITY = 0.12;
/** Calls; a request is through with its own while others make some hundred, so half of what is late comes after its end. */
const LATE_BY_AT_MOST = 500;
/** Two minutes before a month ends, so that requests and key limits cross its turn. */
const START_MS = Date.UTC(2026, 10, 30, 23, 58);

/**
 * A bank from its opening to its audit: requests by the seed's plan on a store of its own behind a bad network, with
 * crashes, then quiet, sweepers, and the comparison of every entry with what was seen from outside.
 */
export async function runGeneration({ seed, requests }: GenerationOptions): Promise<Tally> {
  const clock = new VirtualClock(START_MS);
  const dynamo = await startDynamo();
  const proxy = new FaultyProxy({
    target: dynamo.endpoint,
    seed,
    plan: NO_FAULTS,
    nowMs: () => clock.nowMs(),
    lateByAtMost: LATE_BY_AT_MOST,
  });
  const bank = openBank({ dynamo, endpoint: await proxy.listen(), clock });
  await openAccounts(bank, seed);
  const { plan, faulted } = networkFaults(seed, FAULT_PROBABILITY);
  proxy.plan = plan;
  const problems = await openDoors(bank, seed, requests);
  proxy.plan = NO_FAULTS;
  await proxy.flush();
  const tally = emptyTally();
  tally.problems.push(...problems.map((problem) => ({ ...problem, seed })));
  // Told like any other problem: a run of hours goes on, and says what it had come to.
  await recover(bank).catch((error: unknown) => {
    tally.problems.push({ kind: "violation", seed, text: String(error) });
  });
  for (const member of bank.members) {
    const { problems: found, ...counts } = await judgeAccount(bank, member);
    tally.settled += counts.settled;
    tally.unsettled += counts.unsettled;
    tally.outOfTime += counts.outOfTime;
    tally.refused += counts.refused;
    tally.expired += counts.expired;
    tally.problems.push(...found.map((problem) => ({ ...problem, seed })));
  }
  countRequests(tally, bank, proxy, faulted);
  bank.close();
  await proxy.close();
  await dynamo.close();
  return tally;
}

async function openAccounts(bank: Bank, seed: number): Promise<void> {
  const random = seededRandom(mixSeed(seed, 0));
  for (let i = 0; i < ACCOUNTS; i++) {
    const limit = () => BigInt(random.between(40, 600)) * 1_000_000_000n;
    await addMember(bank, BigInt(random.between(3, 900)) * 1_000_000_000n, [
      undefined,
      { amountPicoUsd: limit(), period: "total" },
      { amountPicoUsd: limit(), period: "month" },
    ]);
  }
}

/** Serves all requests, so many at a time, with everything else going on beside. */
async function openDoors(bank: Bank, seed: number, requests: number) {
  const chores = createChores(bank, seed);
  const beside = new Set<Promise<void>>();
  let next = 1;
  const clerk = async () => {
    for (let number = next++; number <= requests; number = next++) {
      const chore: Promise<void> = chores.beside(number).finally(() => beside.delete(chore));
      beside.add(chore);
      const plan = requestPlan(seed, number);
      await serve(
        bank,
        plan,
        customerOf(bank, plan),
        interruptionPlan(seed, number, () => oversleep(bank)),
      );
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, clerk));
  await Promise.all(beside);
  await chores.payUp();
  return chores.problems;
}

function customerOf(bank: Bank, plan: RequestPlan): { member: BankAccount; key: BankKey } {
  const member = bank.members[Math.floor(plan.account * bank.members.length)];
  const key = member?.keys[Math.floor(plan.key * member.keys.length)];
  if (!member || !key) throw new Error("the bank has no customers");
  return { member, key };
}

function countRequests(tally: Tally, bank: Bank, proxy: FaultyProxy, faulted: ReadonlySet<string>): void {
  for (const [kind, count] of Object.entries(proxy.faults)) tally.faults[kind] = count;
  for (const { invocation, requestId } of bank.witnesses.values()) {
    tally.requests += 1;
    const { isCrashed, isInterrupted } = invocation;
    if (isInterrupted) {
      const kind = isCrashed ? "crash" : "freeze";
      tally.faults[kind] = (tally.faults[kind] ?? 0) + 1;
    }
    if (isInterrupted || faulted.has(requestId)) tally.faulted += 1;
  }
}
