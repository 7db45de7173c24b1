import type { Problem } from "./oracle.ts";

/** What came of one generation or of many. */
export interface Tally {
  requests: number;
  /** Requests that met at least one fault. */
  faulted: number;
  readonly faults: Record<string, number>;
  settled: number;
  /** Their settle gave up, with an alarm, and the charge waited in the queue. */
  unsettled: number;
  /** The same, because the deadline came while they settled: time jumps here. */
  outOfTime: number;
  refused: number;
  expired: number;
  /** Each with the seed of its generation, which repeats it. */
  readonly problems: (Problem & { readonly seed: number })[];
}

export function emptyTally(): Tally {
  return {
    requests: 0,
    faulted: 0,
    faults: {},
    settled: 0,
    unsettled: 0,
    outOfTime: 0,
    refused: 0,
    expired: 0,
    problems: [],
  };
}

export function addTally(sum: Tally, part: Tally): void {
  sum.requests += part.requests;
  sum.faulted += part.faulted;
  sum.settled += part.settled;
  sum.unsettled += part.unsettled;
  sum.outOfTime += part.outOfTime;
  sum.refused += part.refused;
  sum.expired += part.expired;
  sum.problems.push(...part.problems);
  for (const [kind, count] of Object.entries(part.faults)) sum.faults[kind] = (sum.faults[kind] ?? 0) + count;
}

export function countProblems({ problems }: Tally) {
  const count = (kind: Problem["kind"]) => problems.filter((problem) => problem.kind === kind).length;
  return {
    lost: count("lost"),
    wrong: count("wrong"),
    double: count("double"),
    violations: count("violation"),
  };
}
