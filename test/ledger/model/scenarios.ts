/** The small worlds that are searched. Each is as small as the races it is about allow, so that it can be searched whole. */
import type { Scenario } from "./protocol.ts";

const plain = {
  openingBalance: 7,
  requests: [{ amounts: [3, 3], cost: 2 }],
  sweepers: 2,
  maxRecords: 8,
  faultyNetwork: true,
  late: false,
  monthTurns: false,
  operator: false,
  overTries: 1,
  holdCopies: false,
  stamped: false,
  twins: false,
} satisfies Partial<Scenario>;

const onePlan = { amounts: [3], cost: 2 };

/** Searched whole in every run of the tests. */
export const scenarios: readonly Scenario[] = [
  {
    ...plain,
    name: "one-request",
    about: "one request, three tries of HOLD, two sweepers, expiry at any moment, every fault",
    requests: [{ amounts: [3, 3, 3], cost: 2 }],
    late: true,
  },
  {
    ...plain,
    name: "smaller-second-hold",
    about: "no cap given: the second try asks for less, and may find that the first has landed",
    openingBalance: 4,
    requests: [{ amounts: [5, 3], cost: 2 }],
    credit: { amount: 2, deliverers: 1 },
    sweepers: 1,
  },
  {
    ...plain,
    name: "two-requests",
    about: "two requests for a balance that covers one of them, two tries of HOLD each",
    openingBalance: 4,
    requests: [
      { amounts: [3, 3], cost: 2 },
      { amounts: [3, 3], cost: 1 },
    ],
    sweepers: 1,
  },
  {
    ...plain,
    name: "two-sweepers",
    about: "two requests for a balance that covers one of them, two sweepers at once",
    openingBalance: 4,
    requests: [onePlan, { amounts: [3], cost: 1 }],
  },
  {
    ...plain,
    name: "key-two-requests",
    about: "two requests on a key whose limit covers one of them, around the month's turn",
    requests: [
      { amounts: [3], cost: 2, limit: 4 },
      { amounts: [3], cost: 1, limit: 4 },
    ],
    sweepers: 1,
    monthTurns: true,
  },
  {
    ...plain,
    name: "key-month",
    about: "a key with a limit, tries of HOLD on both sides of the month's turn, expiry at any moment",
    requests: [{ amounts: [3, 3], cost: 2, limit: 3 }],
    late: true,
    monthTurns: true,
  },
  {
    ...plain,
    name: "key-limit-below-amount",
    about: "a hold that is larger than the whole limit of a key that has spent nothing",
    requests: [{ amounts: [3], cost: 2, limit: 2 }],
    sweepers: 1,
  },
  {
    ...plain,
    name: "key-overrun",
    about: "a key with a limit, and a cost above the hold, expiry at any moment",
    openingBalance: 4,
    requests: [{ amounts: [3], cost: 5, limit: 4 }],
    sweepers: 1,
    late: true,
  },
  {
    ...plain,
    name: "overrun",
    about: "a cost above the hold and the balance, while a top-up arrives; expiry at any moment",
    openingBalance: 3,
    requests: [{ amounts: [3], cost: 6 }],
    credit: { amount: 4, deliverers: 1 },
    sweepers: 1,
    late: true,
  },
  {
    ...plain,
    name: "overrun-three-tries",
    about:
      "the same with all three tries at the second step, while a top-up and another request move the money",
    openingBalance: 3,
    requests: [
      { amounts: [3], cost: 6 },
      { amounts: [1], cost: 1 },
    ],
    credit: { amount: 1, deliverers: 1 },
    sweepers: 0,
    faultyNetwork: false,
    overTries: 3,
  },
  {
    ...plain,
    name: "top-up",
    about: "one payment delivered twice at once, a request beside it",
    requests: [onePlan],
    credit: { amount: 4, deliverers: 2 },
    sweepers: 1,
  },
  {
    ...plain,
    name: "adjustment",
    about: "a negative adjustment that the balance does not cover, a request beside it",
    openingBalance: 5,
    requests: [onePlan],
    credit: { amount: -4, deliverers: 1 },
    sweepers: 1,
  },
  {
    ...plain,
    name: "room",
    about: "an item with room for a single record",
    requests: [onePlan, onePlan],
    sweepers: 1,
    maxRecords: 1,
  },
  {
    ...plain,
    name: "operator",
    about: "a key is revoked and an account suspended while tries of HOLD are under way",
    sweepers: 1,
    operator: true,
  },
  {
    ...plain,
    name: "twins",
    about: "two requests at once with one Idempotency-Key, two tries of HOLD each, expiry at any moment",
    sweepers: 1,
    late: true,
    twins: true,
  },
  {
    ...plain,
    name: "copied-hold",
    about: "a HOLD lands again and again until its expiry, every other write once; crashes; two sweepers",
    faultyNetwork: false,
    holdCopies: true,
    late: true,
  },
];

/** Larger ones, searched as far as WLROUTER_MODEL_STATES says. */
export const largeScenarios: readonly Scenario[] = [
  {
    ...plain,
    name: "two-requests-late",
    about: "two requests, expiry of either at any moment",
    openingBalance: 4,
    requests: [onePlan, { amounts: [3], cost: 1 }],
    sweepers: 1,
    late: true,
  },
  {
    ...plain,
    name: "top-up-late",
    about: "one payment delivered twice at once, and a request that may expire at any moment",
    openingBalance: 5,
    requests: [onePlan],
    credit: { amount: 4, deliverers: 2 },
    sweepers: 1,
    late: true,
  },
  {
    ...plain,
    name: "adjustment-late",
    about: "a negative adjustment delivered twice at once, a request that may expire at any moment",
    openingBalance: 5,
    requests: [onePlan],
    credit: { amount: -4, deliverers: 2 },
    sweepers: 1,
    late: true,
  },
  {
    ...plain,
    name: "overrun-two-requests",
    about: "a cost above the hold while another request moves the money, expiry of either at any moment",
    openingBalance: 5,
    requests: [
      { amounts: [3], cost: 6 },
      { amounts: [2], cost: 1 },
    ],
    sweepers: 1,
    late: true,
    overTries: 3,
  },
];

/**
 * What the attempt number does not cure: the network delivers the very same HOLD twice. (TLS does not, and we never resend
 * one; a proxy that replays requests does.)
 */
export const replayedHold: Scenario = {
  ...plain,
  name: "replayed-hold",
  about: "one request, two tries of HOLD, of which any may land again and again; every other fault",
  holdCopies: true,
  late: true,
};

/** What would cure it: HOLD also does `SET stamps.#r = sequence`, and every later condition names that number too. */
export const stampedHold: Scenario = { ...replayedHold, name: "stamped-hold", stamped: true };

export function scenarioNamed(name: string): Scenario {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (found === undefined) throw new Error(`no scenario ${name}`);
  return found;
}
