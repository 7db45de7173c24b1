import { isHold } from "../../fakes/dynamodb-call.ts";
import { type Call, FAULT_KINDS, type Plan } from "../../fakes/faulty-proxy.ts";
import { type Random, seededRandom } from "../../fakes/seeded-random.ts";
import { mixSeed } from "./request-plan.ts";

export interface NetworkFaults {
  readonly plan: Plan;
  /** Requests and credits that met at least one fault. */
  readonly faulted: ReadonlySet<string>;
}

/**
 * Each request, credit or account has a row of faults of its own, and its n-th call meets the n-th of them: so the
 * seed decides what a request meets, whichever way the requests are interleaved. HOLD is never copied (see `randomFaults`).
 */
export function networkFaults(seed: number, probability: number): NetworkFaults {
  const rows = new Map<string, Random>();
  const faulted = new Set<string>();
  const plan: Plan = (call) => {
    const subject = subjectOf(call);
    const row = rows.get(subject) ?? seededRandom(mixSeed(seed, hashOf(subject)));
    rows.set(subject, row);
    const isFaulted = row.chance(probability);
    const kind = FAULT_KINDS[row.between(0, FAULT_KINDS.length - 1)];
    if (!isFaulted) return undefined;
    faulted.add(subject);
    return kind === "lateDuplicate" && isHold(call) ? "delayed" : kind;
  };
  return { plan, faulted };
}

/** What a call is about: the request or the credit that it names, else its table. */
function subjectOf({ fields, table }: Call): string {
  const names = memberOf(fields, "ExpressionAttributeNames");
  const named = ["#request", "#entry", "#credit"].map((name) => memberOf(names, name)).find(isText);
  if (named !== undefined) return requestIdOf(named);
  const key = memberOf(fields, "Key") ?? memberOf(fields, "Item");
  for (const name of ["entryId", "accountId", "keyHash"]) {
    const value = memberOf(memberOf(key, name), "S");
    if (isText(value)) return requestIdOf(value);
  }
  return table;
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

const isText = (value: unknown): value is string => typeof value === "string";

const requestIdOf = (entryId: string): string => entryId.replace(/^late_/, "");

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
