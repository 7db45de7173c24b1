import type { Entry } from "../../../lambda/core/charge.ts";
import type { PicoUsd } from "../../../lambda/core/money.ts";
import type { Usage } from "../../../lambda/core/usage.ts";
import type { Bank, Payment, Witness } from "./bank.ts";
import type { Attempt } from "./provider-stand-in.ts";

/** What is wrong with the money. */
export interface Problem {
  readonly kind: "lost" | "wrong" | "double" | "violation";
  readonly text: string;
}

/** Pico-USD per token of `test/model`, written down a second time: 0.40, 1.60 and 0.10 USD a million. */
const INPUT = 400_000n;
const OUTPUT = 1_600_000n;
const CACHE_READ = 100_000n;

function priceOf({ inputTokens, cacheReadTokens, outputTokens }: Usage): PicoUsd {
  return BigInt(inputTokens) * INPUT + BigInt(cacheReadTokens) * CACHE_READ + BigInt(outputTokens) * OUTPUT;
}

const lesser = (a: PicoUsd, b: PicoUsd): PicoUsd => (a < b ? a : b);

/** What the customer owes for the provider's last attempt; `estimated` where the provider left it open. */
function owedFor(attempt: Attempt | undefined, heldPicoUsd: PicoUsd): PicoUsd | "estimated" {
  if (!attempt) return 0n;
  const { usage, isAnswered, characters, outputCapTokens } = attempt;
  if (!isAnswered && characters === 0 && !usage) return 0n;
  if (!usage || usage.inputTokens < 0) return "estimated";
  const price = priceOf(usage);
  return usage.outputTokens > outputCapTokens ? lesser(price, heldPicoUsd) : price;
}

/** The entries that one request left: its own, and the late charge if it came after its hold had expired. */
interface Trace {
  readonly entry: Entry | undefined;
  readonly late: Entry | undefined;
}

const costOf = (entry: Entry | undefined): PicoUsd =>
  entry ? entry.writeOffPicoUsd - entry.amountPicoUsd : 0n;

/** Judges one request (all its repetitions with one idempotency key) by what became of it outside and inside. */
export function judgeRequest(witnesses: readonly Witness[], attempts: readonly Attempt[], trace: Trace) {
  const problems: Problem[] = [];
  const [first] = witnesses;
  const say = (kind: Problem["kind"], text: string) =>
    problems.push({ kind, text: `${first?.requestId}: ${text}; ${tell(witnesses, attempts, trace)}` });
  const callers = new Set(attempts.map(({ invocation }) => invocation));
  if (callers.size > 1) say("double", "a provider was called for two requests that are one");
  const server = witnesses.find(({ invocation }) => callers.has(invocation.name));
  for (const { line, mustBeRefused, status } of witnesses) {
    if (line?.code === "internal_error") say("violation", `answered with internal_error (${line.alarm})`);
    if (mustBeRefused && status !== undefined && status < 400)
      say("violation", "served after it was stopped");
  }
  if (server?.mustBeRefused) say("violation", "a provider was called for a key or account that was stopped");
  judgeMoney(server, attempts.at(-1), trace, say);
  return problems;
}

type Say = (kind: Problem["kind"], text: string) => void;

function judgeMoney(server: Witness | undefined, last: Attempt | undefined, trace: Trace, say: Say): void {
  const charged = costOf(trace.entry) + costOf(trace.late);
  // A hold that landed unseen ends at zero; nothing else may be there.
  if (!server && charged !== 0n) say("wrong", "charged although no provider was called");
  if (!server) return;
  if (!server.held) say("violation", "a provider was called without a hold");
  if (!trace.entry) say("lost", "a request that was dispatched has no end in the ledger");
  const isExpired = trace.entry?.charge?.outcome === "expired";
  if (trace.late && !isExpired) say("double", "charged in time and late");
  const entry = isExpired ? trace.late : trace.entry;
  const heldPicoUsd = server.held?.hold.amountPicoUsd ?? 0n;
  const owed = owedFor(last, heldPicoUsd);
  const isCounted = entry?.charge?.usage.outputTokens === estimatedTokens(last);
  const expected = owed === "estimated" ? estimateOf(entry, heldPicoUsd) : owed;
  if (charged === expected && (owed !== "estimated" || isCounted)) return;
  // Its answer lost, a request saw less than its provider did: nothing, or the beginning, which is estimated.
  const { invocation, line } = server;
  const sawLess = invocation.isInterrupted && invocation.interruption?.kind === "answerLost";
  if (sawLess && (charged === 0n || charged === estimateOf(entry, heldPicoUsd))) return;
  const isAcknowledged = line !== undefined && !line.alarm?.startsWith("settle_failed");
  if (!isAcknowledged && charged === 0n && isExpired) return;
  if (charged === 0n) say("lost", `${expected} was owed`);
  else say("wrong", `${charged} instead of ${expected}`);
}

/** Four characters of output are estimated at a token. */
function estimatedTokens(last: Attempt | undefined): number {
  return Math.ceil((last?.characters ?? 0) / 4);
}

/** An estimate is priced like any usage, and never above the hold. */
function estimateOf(entry: Entry | undefined, heldPicoUsd: PicoUsd): PicoUsd {
  return entry?.charge?.estimated ? lesser(priceOf(entry.charge.usage), heldPicoUsd) : -1n;
}

export function judgePayment({ credit, isAcknowledged }: Payment, entry: Entry | undefined): Problem[] {
  const text = `${credit.creditId} of ${credit.amountPicoUsd}`;
  if (!entry) return isAcknowledged ? [{ kind: "lost", text: `${text} has no entry` }] : [];
  if (-costOf(entry) === credit.amountPicoUsd) return [];
  return [{ kind: "wrong", text: `${text} moved ${entry.amountPicoUsd}` }];
}

/** Invariant 13: what a key has spent, by the periods that its holds named. Nothing is held any more. */
export function judgeKeySpend(
  bank: Bank,
  served: readonly { readonly witness: Witness; readonly trace: Trace }[],
  keySpendPicoUsd: ReadonlyMap<string, PicoUsd>,
): Problem[] {
  const spent = new Map<string, { total: PicoUsd; beyondHolds: PicoUsd }>();
  for (const { witness, trace } of served) {
    const { keyPeriod = "-", amountPicoUsd = 0n } = witness.held?.hold ?? {};
    const sum = spent.get(keyPeriod) ?? { total: 0n, beyondHolds: 0n };
    const inTime = -(trace.entry?.amountPicoUsd ?? 0n);
    const late = -(trace.late?.amountPicoUsd ?? 0n);
    sum.total += inTime + late;
    sum.beyondHolds += late + (inTime > amountPicoUsd ? inTime - amountPicoUsd : 0n);
    spent.set(keyPeriod, sum);
  }
  const problems: Problem[] = [];
  for (const period of new Set([...spent.keys(), ...keySpendPicoUsd.keys()])) {
    if (period === "-") continue;
    const { total, beyondHolds } = spent.get(period) ?? { total: 0n, beyondHolds: 0n };
    const counted = keySpendPicoUsd.get(period) ?? 0n;
    if (counted !== total) {
      problems.push({ kind: "violation", text: `13: ${period} counts ${counted}, charges are ${total}` });
    }
    const limit = bank.limits.get(period.split("#")[0] ?? "")?.amountPicoUsd;
    if (limit !== undefined && total - beyondHolds > limit) {
      problems.push({ kind: "violation", text: `${period} spent ${total}, its limit is ${limit}` });
    }
  }
  return problems;
}

/** What a reader needs to see where a problem comes from. */
function tell(witnesses: readonly Witness[], attempts: readonly Attempt[], trace: Trace): string {
  return JSON.stringify(
    {
      witnesses: witnesses.map(({ plan, invocation, held, line, status }) => ({
        ...{ number: plan.number, stream: plan.stream, held: held?.text, status, outcome: line?.outcome },
        ...{ alarm: line?.alarm, code: line?.code, crashed: invocation.isCrashed, points: invocation.points },
      })),
      attempts,
      ...trace,
    },
    (_, value: unknown) => (typeof value === "bigint" ? `${value}` : value),
  );
}
