/** A company's last month, made up: the same numbers for the same seed, so that the pictures change with the page alone. */

import type { ChargeFacts } from "../../lambda/core/charge.ts";
import { parseUsd } from "../../lambda/core/money.ts";
import { NO_USAGE } from "../../lambda/core/usage.ts";
import { type Random, seededRandom } from "../fakes/seeded-random.ts";
import type { History } from "./history.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const DAYS = 30;
const REQUESTS = 420;

/** What the company uses, how often (of 100) and how much at a time. */
const HABITS = [
  { model: "gpt-5.4", share: 22, input: 3_500, cached: 5_000, output: 1_400 },
  { model: "gpt-5.4-mini", share: 34, input: 2_400, cached: 2_000, output: 600 },
  { model: "deepseek-v4-pro", share: 20, input: 9_000, cached: 12_000, output: 1_100 },
  { model: "grok-4.3", share: 14, input: 6_000, cached: 4_000, output: 900 },
  { model: "mistral-medium-2604", share: 10, input: 5_000, cached: 0, output: 700 },
] as const;

const ENDS: readonly Partial<ChargeFacts>[] = [
  { outcome: "failed", errorCode: "no_route_available" },
  { outcome: "suspense", errorCode: "upstream_timeout", possibleCostPicoUsd: parseUsd("0.0184") },
];

/** @returns the first account's id. */
export async function playMonth(history: History, nowMs: number): Promise<string> {
  const random = seededRandom(20_261_126);
  const begunMs = nowMs - DAYS * DAY_MS;
  const accountId = await history.account("Northwind Labs", parseUsd("250"), begunMs);
  const names = ["Production", "Staging", "Nightly reports"];
  const keys = await Promise.all(names.map((name) => history.key(accountId, name, begunMs)));
  for (let index = 0; index < REQUESTS; index++) {
    const habit = habitOf(random.between(1, 100));
    const end = index % 61 === 7 ? ENDS[0] : index % 97 === 11 ? ENDS[1] : undefined;
    const size = 2 + random.next() * 9;
    await history.request({
      accountId,
      keyId: keys[random.chance(0.62) ? 0 : random.between(1, 2)] ?? "",
      model: habit.model,
      atMs: busyMoment(random, index, nowMs),
      usage: end
        ? NO_USAGE
        : {
            ...NO_USAGE,
            inputTokens: Math.round(habit.input * size),
            cacheReadTokens: random.chance(0.7) ? Math.round(habit.cached * size) : 0,
            outputTokens: Math.round(habit.output * size),
          },
      facts: {
        latencyMs: Math.round(600 + 700 * size),
        timeToFirstTokenMs: Math.round(180 + 400 * random.next()),
        ...(random.chance(0.4) ? { tag: "support-bot" } : {}),
        ...end,
      },
    });
  }
  for (const [name, usd] of [
    ["Fabrikam", "1250"],
    ["Ana Sol", "12.5"],
    ["Contoso Research", "87.31"],
  ] as const) {
    await history.account(name, parseUsd(usd), begunMs + random.between(1, DAYS - 1) * DAY_MS);
  }
  return accountId;
}

function habitOf(drawn: number): (typeof HABITS)[number] {
  let sum = 0;
  for (const habit of HABITS) {
    sum += habit.share;
    if (drawn <= sum) return habit;
  }
  return HABITS[0];
}

/** Over the month in order, more by day than by night and fewer at weekends. */
function busyMoment(random: Random, index: number, nowMs: number): number {
  const dayMs = nowMs - DAYS * DAY_MS + Math.floor((index / REQUESTS) * DAYS) * DAY_MS;
  const hour = 7 + random.between(0, 11) + random.next();
  const moment = Math.floor(dayMs / DAY_MS) * DAY_MS + hour * HOUR_MS;
  return Math.min(moment, nowMs - random.between(1, 90) * 60_000);
}
