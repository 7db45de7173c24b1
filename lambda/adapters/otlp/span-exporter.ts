import { type HrTime, SpanKind, SpanStatusCode, TraceFlags } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import type { RequestLogLine } from "../../core/ports.ts";
import type { SpanSink } from "./traced-log.ts";

/** The function is paid for while it waits for a collector. */
const ANSWER_MS = 2_000;

/**
 * Sends spans by OTLP over HTTP, as JSON.
 * @param headers as OpenTelemetry writes them: `api-key=…,other=…`, percent-encoded
 */
export function createSpanExporter(url: string, headers: string | undefined): SpanSink {
  const exporter = new OTLPTraceExporter({
    url,
    headers: headersOf(headers ?? ""),
    timeoutMillis: ANSWER_MS,
  });
  return (line) => new Promise((resolve) => exporter.export([spanOf(line)], () => resolve()));
}

function headersOf(text: string): Record<string, string> {
  const pairs = text.split(",").map((pair) => pair.split("="));
  return Object.fromEntries(
    pairs.flatMap(([name = "", ...value]) =>
      name.trim() ? [[name.trim(), decodeURIComponent(value.join("=").trim())]] : [],
    ),
  );
}

/** By OpenTelemetry's names where it has some, generative AI's included. An allow-list, like the line itself. */
function spanOf(line: RequestLogLine): ReadableSpan {
  const endMs = Date.parse(line.at);
  const startMs = endMs - line.latencyMs;
  const contextOf = (spanId = "") => ({
    traceId: line.traceId ?? "",
    spanId,
    traceFlags: TraceFlags.SAMPLED,
  });
  return {
    name: line.model === undefined ? "chat" : `chat ${line.model}`,
    kind: SpanKind.SERVER,
    spanContext: () => contextOf(line.spanId),
    ...(line.parentSpanId !== undefined && {
      parentSpanContext: { ...contextOf(line.parentSpanId), isRemote: true },
    }),
    startTime: timeOf(startMs),
    endTime: timeOf(endMs),
    duration: timeOf(line.latencyMs),
    status: { code: line.status >= 500 ? SpanStatusCode.ERROR : SpanStatusCode.UNSET },
    attributes: attributesOf(line),
    events:
      line.timeToFirstTokenMs === undefined
        ? []
        : [{ name: "first_token", time: timeOf(startMs + line.timeToFirstTokenMs) }],
    links: [],
    ended: true,
    resource: RESOURCE,
    instrumentationScope: { name: "wlrouter" },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

const RESOURCE = resourceFromAttributes({ "service.name": "wlrouter" });

function attributesOf(line: RequestLogLine): ReadableSpan["attributes"] {
  return {
    "http.request.method": "POST",
    "http.route": "/v1/chat/completions",
    "http.response.status_code": line.status,
    "error.type": line.code,
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": line.model,
    "gen_ai.provider.name": line.provider,
    "gen_ai.usage.input_tokens": line.inputTokens,
    "gen_ai.usage.output_tokens": line.outputTokens,
    "wlrouter.request_id": line.requestId,
    "wlrouter.account_id": line.accountId,
    "wlrouter.key_id": line.keyId,
    "wlrouter.outcome": line.outcome,
    "wlrouter.cost_usd": line.costUsd,
    "wlrouter.overhead_ms": line.overheadMs,
  };
}

function timeOf(milliseconds: number): HrTime {
  return [Math.floor(milliseconds / 1_000), (milliseconds % 1_000) * 1_000_000];
}
