import type { Answer } from "../core/answer.ts";
import { alarmOf, asGatewayError, errorAnswer, statusOf } from "./errors.ts";
import type { Gateway } from "./gateway.ts";
import type { Known } from "./serve.ts";

/** A request that ends before anything was charged. */
export interface Refused {
  /** Of the answer. */
  readonly requestId: string;
  readonly startedAtMs: number;
  readonly known: Known;
}

/** Answers what was thrown, and writes the request's line in the log. */
export function refuse({ log, timers }: Gateway, thrown: unknown, refused: Refused): Answer {
  const error = asGatewayError(thrown);
  const { requestId, startedAtMs, known } = refused;
  const nowMs = timers.nowMs();
  log.write({
    at: new Date(nowMs).toISOString(),
    ...known,
    requestId,
    status: statusOf(error),
    code: error.code,
    outcome: "refused",
    latencyMs: nowMs - startedAtMs,
    alarm: alarmOf(error),
  });
  return errorAnswer(error, requestId);
}
