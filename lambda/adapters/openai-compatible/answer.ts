import { GatewayError } from "../../core/errors.ts";
import { isRecord } from "../../core/is-record.ts";
import { editObject } from "../../core/json-edit.ts";
import type { ProviderAnswer } from "../../core/ports.ts";
import { failureOf, reportedFailure } from "../../core/upstream/failure.ts";
import type { UpstreamResponse } from "../../core/upstream/upstream.ts";
import { readFault, reportsFault } from "./provider-fault.ts";
import { completionEdits } from "./quirks.ts";
import { streamParts } from "./stream-parts.ts";
import { readUsage } from "./usage.ts";

const MAX_JSON_BYTES = 32 * 1024 * 1024;

/** A whole completion. @throws GatewayError when the body is anything else. */
export async function jsonAnswer({ headers, body: source }: UpstreamResponse): Promise<ProviderAnswer> {
  const body = await source.readAll(MAX_JSON_BYTES);
  const completion = parse(body);
  if (isRecord(completion) && reportsFault(completion)) {
    const fault = readFault(completion);
    throw fault.status === undefined
      ? reportedFailure(fault)
      : failureOf({ status: fault.status, headers, fault, nowMs: Date.now() });
  }
  if (!isRecord(completion) || !Array.isArray(completion["choices"])) throw notACompletion();
  const edits = completionEdits(completion);
  const usage = readUsage(completion["usage"]);
  if (Object.keys(edits).length === 0) return { type: "json", body, fields: completion, usage };
  return { type: "json", body: editObject(body, edits), fields: { ...completion, ...edits }, usage };
}

/** A stream, or what a provider that refuses to stream answers instead: JSON, which is then an error. */
export async function streamAnswer(response: UpstreamResponse): Promise<ProviderAnswer> {
  if (String(response.headers["content-type"]).startsWith("application/json")) {
    await jsonAnswer(response);
    throw notACompletion();
  }
  const { body } = response;
  // After `[DONE]` the rest (the end of the chunked body) is let through unread. Any other way out hangs up.
  const parts = streamParts(body.chunks, (isDone) => (isDone ? body.letGo() : body.close()));
  return { type: "stream", parts };
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
}

function notACompletion(): GatewayError {
  return new GatewayError("upstream_error", "The provider's answer is not a chat completion.", {
    retryable: true,
    reason: "garbage",
  });
}
