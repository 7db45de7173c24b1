import { afterAll, beforeAll, expect, test } from "vitest";
import { type LocalDynamo, startDynamo } from "../../local/dynamodb.ts";
import { addMember, type Bank, type BankAccount, openBank, serve, type Witness } from "./chaos/bank.ts";
import { CRASH_SCENARIOS, type CrashScenario } from "./chaos/crash-scenarios.ts";
import type { Interruption } from "./chaos/invocation.ts";
import { judgeAccount, violationsOf } from "./chaos/judge.ts";
import type { Problem } from "./chaos/oracle.ts";
import { PAST_EXPIRY_MS, PAST_STALE_MS, recover, sweepOnce } from "./chaos/recovery.ts";
import { VirtualClock } from "./chaos/virtual-clock.ts";

const KINDS = ["crashBefore", "crashAfter", "answerLost", "frozen"] as const;

let dynamo: LocalDynamo;
let bank: Bank;
let requests = 0;
const runs = { points: 0, interruptions: 0, sweeperCrashes: 0 };

beforeAll(async () => {
  dynamo = await startDynamo();
  const clock = new VirtualClock(Date.UTC(2026, 10, 23, 12));
  bank = openBank({ dynamo, endpoint: dynamo.endpoint, clock });
});

afterAll(async () => {
  console.log(
    `Crash injection: ${CRASH_SCENARIOS.length} scenarios, ${runs.points} points x ${KINDS.length} kinds = ` +
      `${runs.interruptions} interrupted requests, and ${runs.sweeperCrashes} crashes of sweepers after them.`,
  );
  bank.close();
  await dynamo.close();
});

for (const scenario of CRASH_SCENARIOS) {
  test(`Interrupted at any call, a request ends exactly once: ${scenario.name}`, {
    timeout: 120_000,
  }, async () => {
    const clean = await runScenario(scenario, undefined);
    expect(clean.problems).toEqual([]);
    // Without a provider to call, nothing is held: the key is looked up, and that is all.
    expect(clean.points.length).toBeGreaterThan(0);
    for (let atPoint = 1; atPoint <= clean.points.length; atPoint++) {
      runs.points += 1;
      for (const kind of KINDS) {
        const { problems } = await runScenario(scenario, { atPoint, kind });
        expect(problems, `${kind} at call ${atPoint} of ${clean.points.join(", ")}`).toEqual([]);
        runs.interruptions += 1;
      }
    }
  });
}

/** One run on an account of its own, with all that recovers from it. */
async function runScenario(
  scenario: CrashScenario,
  planned: { atPoint: number; kind: (typeof KINDS)[number] } | undefined,
): Promise<{ points: readonly string[]; problems: Problem[] }> {
  const member = await addMember(bank, scenario.balancePicoUsd, [scenario.limit]);
  const interruption = planned && interruptionOf(planned, member.accountId);
  const interrupted = await send(scenario, member, interruption);
  const problems = await violationsOf(bank, member.accountId);
  if (planned) await crashSweepers(member.accountId);
  await recover(bank, member.accountId);
  problems.push(...(await judgeAccount(bank, member)).problems);
  return { points: interrupted.invocation.points, problems };
}

function interruptionOf(
  { atPoint, kind }: { atPoint: number; kind: (typeof KINDS)[number] },
  accountId: string,
): Interruption {
  if (kind !== "frozen") return { atPoint, kind };
  // Long enough for its hold to expire: what it does afterwards comes late.
  const meanwhile = () => recover(bank, accountId);
  return { atPoint, kind, meanwhile };
}

/** @returns the one that was to be interrupted. */
async function send(
  scenario: CrashScenario,
  member: BankAccount,
  interruption: Interruption | undefined,
): Promise<Witness> {
  const { times, interrupted } = scenario.sent ?? { times: 1, interrupted: 1 };
  const [key] = member.keys;
  if (!key) throw new Error("an account without a key");
  const group = requests + 1;
  const routes = scenario.withoutProviderKey ? (["p1", "p2"] as const) : [];
  for (const name of routes) bank.standIn.withoutKey.add(name);
  const witnesses: Witness[] = [];
  for (let time = 1; time <= times; time++) {
    const plan = { ...scenario.plan, number: ++requests, group };
    witnesses.push(await serve(bank, plan, { member, key }, time === interrupted ? interruption : undefined));
  }
  bank.standIn.withoutKey.clear();
  const witness = witnesses[interrupted - 1];
  if (!witness) throw new Error("nothing was sent");
  return witness;
}

/** A sweeper dies at its first call, the next one at its second, and so on until one lives. */
async function crashSweepers(accountId: string): Promise<void> {
  bank.clock.advance(PAST_EXPIRY_MS);
  for (let atPoint = 1; ; atPoint++) {
    const kind = atPoint % 2 === 1 ? "crashAfter" : "crashBefore";
    const { isCrashed } = await sweepOnce(bank, { accountId, interruption: { atPoint, kind } });
    if (!isCrashed) return;
    runs.sweeperCrashes += 1;
    bank.clock.advance(PAST_STALE_MS);
  }
}
