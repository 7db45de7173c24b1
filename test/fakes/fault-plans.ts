/** Plans for the faulty proxy: which call meets which fault. */
import { isHold } from "./dynamodb-call.ts";
import type { Call, FaultKind, Plan } from "./faulty-proxy.ts";

export const NO_FAULTS: Plan = () => undefined;

/** The given faults, in this order, on the first calls that match; nothing after them. */
export function inOrder(faults: readonly (FaultKind | undefined)[], matches: (call: Call) => boolean): Plan {
  const left = [...faults];
  return (call) => (matches(call) ? left.shift() : undefined);
}

/**
 * Every call meets a fault with this probability, each kind as likely as any other. A HOLD is never copied: HTTP over
 * TCP copies nothing and no client library of ours resends it, so one attempt lands at most once, however late
 * (design section 3); `delayed` is its late duplicate.
 */
export function randomFaults(probability: number, kinds: readonly FaultKind[]): Plan {
  return (call, random) => {
    if (!random.chance(probability)) return undefined;
    const kind = kinds[random.between(0, kinds.length - 1)];
    return kind === "lateDuplicate" && isHold(call) ? "delayed" : kind;
  };
}
