import type { ChargeFacts, Entry, Outcome } from "../core/charge.ts";
import { fingerprintOf } from "../core/idempotency.ts";
import type { ApiKey } from "../core/keys.ts";
import type { Metered } from "../core/metering.ts";
import { formatUsd } from "../core/money.ts";
import { encodeOwedSettle } from "../core/owed-settle.ts";
import type { OwedSettle, RequestLogLine } from "../core/ports.ts";
import { costOf } from "../core/prices.ts";
import { type TriedRoute, triedText } from "../core/tried-routes.ts";
import { NO_USAGE } from "../core/usage.ts";
import { atMost } from "./at-most.ts";
import type { ChatRequest } from "./chat-request.ts";
import type { PlannedRoute } from "./dispatch.ts";
import type { Gateway } from "./gateway.ts";
import type { RequestPlan } from "./plan-request.ts";
import type { Held } from "./take-hold.ts";
import type { Trace } from "./trace.ts";

/** A request that holds money: everything that is needed to end it. */
export interface Exchange {
  readonly gateway: Gateway;
  readonly requestId: string;
  readonly startedAtMs: number;
  /** When the function will be stopped. */
  readonly deadlineMs: number;
  readonly key: ApiKey;
  readonly chat: ChatRequest;
  readonly plan: RequestPlan;
  readonly held: Held;
  readonly tag: string | undefined;
  readonly trace: Trace | undefined;
}

/** How it ended, for the ledger and for the log. */
export interface Ending {
  readonly outcome: Outcome;
  /** The route that answered, or was called last. */
  readonly planned: PlannedRoute;
  readonly tried: readonly TriedRoute[];
  readonly metered: Metered;
  readonly firstTokenAtMs?: number | undefined;
  /** The client's status; for a stream, what the headers said. */
  readonly status: number;
  readonly code?: string | undefined;
  readonly alarm?: string | undefined;
}

/** With so much time left a charge that is not written yet goes to the queue: three tries of its client may take it all. */
export const QUEUE_LEFT_MS = 13_000;
/** With so much left the queue has had its time too: the line is written, which tells of the charge. */
const LINE_LEFT_MS = 1_000;

/** Nothing is owed. */
export const NOTHING: Metered = { usage: NO_USAGE, costPicoUsd: 0n, estimated: false };

/**
 * Charges what was used and ends the hold, then writes the one line of the log.
 * @returns the entry to drain; undefined when the ledger cannot be reached: then the charge waits in a queue, and if that
 * cannot be reached either, the line tells what is owed.
 */
export async function settleExchange(exchange: Exchange, ending: Ending): Promise<Entry | undefined> {
  const { gateway, held } = exchange;
  const facts = factsOf(exchange, ending);
  const { costPicoUsd } = ending.metered;
  const endedAtMs = gateway.timers.nowMs();
  try {
    const settling = gateway.ledger.settle(held.open, costPicoUsd, facts);
    const settled = await atMost(gateway.timers, untilLeft(exchange, QUEUE_LEFT_MS), settling);
    // It may still be written: then the queue's function finds it so.
    if (!settled) throw new OutOfTime();
    logExchange(exchange, ending, { endedAtMs, ...(settled.late && { alarm: "settled_late" }) });
    return settled.entry;
  } catch (error) {
    const reason = error instanceof Error ? error.name : "unknown";
    const trouble = await owe(exchange, { open: held.open, costPicoUsd, facts }, reason);
    logExchange(exchange, ending, { endedAtMs, ...trouble });
    return undefined;
  }
}

/** @returns what the line says of it. */
async function owe(exchange: Exchange, owed: OwedSettle, reason: string): Promise<SettleTrouble> {
  const { timers, owedSettles } = exchange.gateway;
  try {
    const putting = owedSettles.put(owed).then(() => true);
    if (!(await atMost(timers, untilLeft(exchange, LINE_LEFT_MS), putting))) throw new OutOfTime();
    return { alarm: `settle_queued: ${reason}` };
  } catch {
    return { alarm: `settle_failed: ${reason}`, owedSettle: encodeOwedSettle(owed) };
  }
}

class OutOfTime extends Error {
  override readonly name = "OutOfTime";
}

function untilLeft({ gateway, deadlineMs }: Exchange, leftMs: number): number {
  return Math.max(0, deadlineMs - leftMs - gateway.timers.nowMs());
}

type SettleTrouble = Pick<RequestLogLine, "alarm" | "owedSettle">;

interface Settling extends SettleTrouble {
  /** When the upstream was done and settling began. */
  readonly endedAtMs: number;
}

/** Moves the settled record to the ledger; the sweeper does what is missed here. */
export async function drainEntry(exchange: Exchange, entry: Entry | undefined): Promise<void> {
  if (!entry) return;
  try {
    await exchange.gateway.ledger.drain(entry);
  } catch {
    // The record stays in the account's outbox, where the sweeper finds it within a minute.
  }
}

function factsOf(exchange: Exchange, ending: Ending): ChargeFacts {
  const { gateway, held, startedAtMs } = exchange;
  const nowMs = gateway.timers.nowMs();
  return {
    requestId: exchange.requestId,
    keyId: exchange.key.keyId,
    model: ending.planned.model.id,
    provider: ending.planned.route.provider,
    tried: triedText(ending.tried),
    outcome: ending.outcome,
    usage: ending.metered.usage,
    estimated: ending.metered.estimated,
    catalogVersion: held.open.hold.catalogVersion,
    createdAt: new Date(nowMs).toISOString(),
    latencyMs: nowMs - startedAtMs,
    timeToFirstTokenMs: ending.firstTokenAtMs === undefined ? undefined : ending.firstTokenAtMs - startedAtMs,
    tag: exchange.tag,
    fingerprint: fingerprintOf(held.open.hold.attempt),
    holdPicoUsd: held.open.hold.amountPicoUsd,
    upstreamCostPicoUsd: costOf(ending.metered.usage, ending.planned.route.costs),
    errorCode: ending.code,
    // The hold bounds what the provider may ask of the operator for an outcome that nobody knows.
    possibleCostPicoUsd: ending.outcome === "suspense" ? held.open.hold.amountPicoUsd : undefined,
  };
}

function logExchange(exchange: Exchange, ending: Ending, settling: Settling): void {
  const { gateway, key, startedAtMs } = exchange;
  const { usage, costPicoUsd, alarm } = ending.metered;
  const nowMs = gateway.timers.nowMs();
  const line: RequestLogLine = {
    at: new Date(nowMs).toISOString(),
    requestId: exchange.requestId,
    status: ending.status,
    code: ending.code,
    accountId: key.accountId,
    keyId: key.keyId,
    model: ending.planned.model.id,
    provider: ending.planned.route.provider,
    tried: ending.tried.length > 0 ? ending.tried : undefined,
    outcome: ending.outcome,
    inputTokens: usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens,
    outputTokens: usage.outputTokens,
    costUsd: formatUsd(costPicoUsd),
    latencyMs: nowMs - startedAtMs,
    timeToFirstTokenMs: ending.firstTokenAtMs === undefined ? undefined : ending.firstTokenAtMs - startedAtMs,
    overheadMs: exchange.held.atMs - startedAtMs + nowMs - settling.endedAtMs,
    alarm: settling.alarm ?? alarm ?? ending.alarm,
    owedSettle: settling.owedSettle,
    ...exchange.trace?.ids,
  };
  gateway.log.write(line);
}
