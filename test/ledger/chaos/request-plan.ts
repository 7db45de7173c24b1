import { seededRandom } from "../../fakes/seeded-random.ts";
import type { Interruption } from "./invocation.ts";

/**
 * What a provider does when it is called:
 * `whole`: answers, with usage. `uncounted`: answers without usage. `overrun`: counts more input than the hold covers.
 * `aboveCap`: more output than it may. `implausible`: counts that cannot be. `breaks`: stops after some output.
 * `dies`: opens its answer and stops before any output. `unavailable`: another route may work. `rejects`: a 4xx.
 * `silent`: nobody knows what became of it.
 */
const SCRIPT_WEIGHTS = {
  whole: 60,
  uncounted: 6,
  overrun: 8,
  aboveCap: 3,
  implausible: 2,
  breaks: 6,
  dies: 4,
  unavailable: 5,
  rejects: 3,
  silent: 3,
};
export type ScriptKind = keyof typeof SCRIPT_WEIGHTS;

export interface Script {
  readonly kind: ScriptKind;
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  /** Of the cap, from 0 to 1. */
  readonly outputShare: number;
  /** How often the event loop turns before the provider answers, and before each piece of a stream. */
  readonly turns: number;
  readonly pieces: number;
}

/** Everything about one request that chance decides; the same seed and number make the same plan. */
export interface RequestPlan {
  readonly number: number;
  /** Requests of one group are the same request sent again with one `Idempotency-Key`; else it is the number. */
  readonly group: number;
  readonly isIdempotent: boolean;
  /** Which of the accounts and which of its keys, as a share of their number. A few accounts have most requests. */
  readonly account: number;
  readonly key: number;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly outputCapTokens: number | undefined;
  readonly choices: number;
  readonly prompt: string;
  /** One for each route, in order. */
  readonly scripts: readonly [Script, Script];
  readonly leavesEarly: boolean;
}

/** Of forty things, the first is chosen three times in ten. */
export const skewed = (share: number): number => share ** 3;

export function mixSeed(seed: number, salt: number): number {
  const mixed = Math.imul(seed ^ (salt + 0x9e3779b9), 0x85ebca6b);
  return (mixed ^ (mixed >>> 13)) >>> 0;
}

/** How many requests after the first one its repetition comes. */
const REPEATED_AFTER = 3;
const IDEMPOTENT_SHARE = 0.1;

export function requestPlan(seed: number, number: number): RequestPlan {
  const first = number - REPEATED_AFTER;
  const repeats = first >= 0 && startsGroup(seed, first);
  const group = repeats ? first : number;
  const random = seededRandom(mixSeed(seed, group));
  return {
    number,
    group,
    isIdempotent: repeats || startsGroup(seed, number),
    account: skewed(random.next()),
    key: random.next(),
    stream: random.chance(0.5),
    includeUsage: random.chance(0.5),
    outputCapTokens: random.chance(0.8) ? random.between(1, 2_000) : undefined,
    choices: random.chance(0.1) ? 2 : 1,
    prompt: "p".repeat(random.between(1, 400)),
    scripts: [script(random), script(random)],
    leavesEarly: random.chance(0.05),
  };
}

/** Requests that are repeated; a repetition itself is not, so that a group has two. */
function startsGroup(seed: number, number: number): boolean {
  const isChosen = (candidate: number) =>
    seededRandom(mixSeed(seed ^ 0x51ed270b, candidate)).chance(IDEMPOTENT_SHARE);
  return isChosen(number) && !(number >= REPEATED_AFTER && isChosen(number - REPEATED_AFTER));
}

function script(random: ReturnType<typeof seededRandom>): Script {
  const kind = weighted(random.next());
  return {
    kind,
    inputTokens: kind === "overrun" ? random.between(3_000, 40_000) : random.between(1, 200),
    cacheReadTokens: random.chance(0.3) ? random.between(1, 200) : 0,
    outputShare: random.next(),
    turns: random.between(0, 4),
    pieces: random.between(1, 4),
  };
}

function weighted(share: number): ScriptKind {
  const kinds = Object.entries(SCRIPT_WEIGHTS) as [ScriptKind, number][];
  let left = share * kinds.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [kind, weight] of kinds) {
    left -= weight;
    if (left < 0) return kind;
  }
  return "whole";
}

const CRASH_SHARE = 0.1;
const FREEZE_SHARE = 0.015;
/** Between HOLD and SETTLE, where the sweeper can overtake. */
const LAST_FREEZING_POINT = 6;
/** A streamed request with a failover makes about so many calls. */
const LAST_POINT = 12;

/** Some invocations die, at any of their calls; a few stand still for as long as `meanwhile` takes. */
export function interruptionPlan(
  seed: number,
  number: number,
  meanwhile: () => Promise<void>,
): Interruption | undefined {
  const random = seededRandom(mixSeed(seed ^ 0x2545f491, number));
  const fate = random.next();
  if (fate < FREEZE_SHARE) {
    return { atPoint: random.between(2, LAST_FREEZING_POINT), kind: "frozen", meanwhile };
  }
  if (fate > FREEZE_SHARE + CRASH_SHARE) return undefined;
  return { atPoint: random.between(1, LAST_POINT), kind: random.chance(0.5) ? "crashBefore" : "crashAfter" };
}

/** The request as its client sends it. */
export function bodyOf(plan: RequestPlan, user: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(
    JSON.stringify({
      model: "test/model",
      messages: [{ role: "user", content: plan.prompt }],
      user,
      stream: plan.stream,
      ...(plan.stream ? { stream_options: { include_usage: plan.includeUsage } } : {}),
      ...(plan.choices > 1 ? { n: plan.choices } : {}),
      ...(plan.outputCapTokens === undefined ? {} : { max_completion_tokens: plan.outputCapTokens }),
    }),
  );
}
