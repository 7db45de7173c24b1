import { parseUsd } from "../../core/money.ts";
import type { RequestLog, RequestLogLine } from "../../core/ports.ts";

/** `warn`: a request that went well is counted, and has no line that says whose it was. */
export type LogLevel = "info" | "warn";

const NAMESPACE = "WLRouter";
const SERVICE = "gateway";

interface MetricDefinition {
  readonly Name: string;
  readonly Unit: "Count" | "Milliseconds" | "None";
}

/** What this process knows besides the request. */
export interface ProcessState {
  /** Routes that are left alone for a while, because they have failed. */
  resting(): readonly string[];
}

/**
 * The request's line, which is also its metrics in CloudWatch's embedded metric format: written by hand, since one line a
 * request is all there is, and a library for it would take a tenth of the bundle.
 * @param write takes one line of text, with its end.
 */
export function createRequestLog(
  write: (text: string) => void,
  level: LogLevel,
  state: ProcessState = { resting: () => [] },
): RequestLog {
  return {
    write(line) {
      const resting = state.resting();
      const quiet = level === "warn" && line.status < 400 && line.alarm === undefined;
      const told = { ...(quiet ? {} : line), ...(resting.length > 0 && { resting }) };
      write(`${JSON.stringify({ ...told, ...metricsOf(line, resting.length) })}\n`);
    },
  };
}

/** The members that make CloudWatch count a line: which of its figures are metrics, and the figures. */
function metricsOf(line: RequestLogLine, resting: number): Record<string, unknown> {
  const figures = figuresOf(line, resting);
  const metrics = definitionsOf(figures);
  const directives = [{ Namespace: NAMESPACE, Dimensions: [["service"]], Metrics: metrics }];
  // By code too: a metric of its own for each code that occurs.
  const byCode = { Namespace: NAMESPACE, Dimensions: [["service", "code"]], Metrics: [ERRORS] };
  return {
    _aws: {
      Timestamp: Date.parse(line.at),
      CloudWatchMetrics: line.code === undefined ? directives : [...directives, byCode],
    },
    service: SERVICE,
    ...(line.code !== undefined && { code: line.code, Errors: 1 }),
    ...figures,
  };
}

const ERRORS: MetricDefinition = { Name: "Errors", Unit: "Count" };

/** What the dashboard and the alarms read (lib/dashboard.ts, lib/operations.ts). */
function figuresOf(line: RequestLogLine, resting: number): Record<string, number> {
  const { alarm = "" } = line;
  const all: Record<string, number | undefined> = {
    ...(line.outcome === "refused" ? { Refused: 1 } : requestFigures(line)),
    RoutesResting: resting === 0 ? undefined : resting,
    Alarms: line.alarm === undefined ? undefined : 1,
    SettlesLate: alarm.startsWith("settled_late") ? 1 : undefined,
    SettlesQueued: alarm.startsWith("settle_queued") ? 1 : undefined,
    SettlesLost: alarm.startsWith("settle_failed") ? 1 : undefined,
  };
  return Object.fromEntries(
    Object.entries(all).filter((pair): pair is [string, number] => pair[1] !== undefined),
  );
}

function requestFigures(line: RequestLogLine): Record<string, number | undefined> {
  return {
    Requests: 1,
    LatencyMs: line.latencyMs,
    TimeToFirstTokenMs: line.timeToFirstTokenMs,
    OverheadMs: line.overheadMs,
    InputTokens: line.inputTokens,
    OutputTokens: line.outputTokens,
    // For a chart: metrics are floating point. Money is in the ledger.
    CostMicroUsd: line.costUsd === undefined ? undefined : Number(parseUsd(line.costUsd) / 1_000_000n),
  };
}

function definitionsOf(figures: Readonly<Record<string, number>>): MetricDefinition[] {
  return Object.keys(figures).map((Name) => ({
    Name,
    Unit: Name.endsWith("Ms") ? "Milliseconds" : Name === "CostMicroUsd" ? "None" : "Count",
  }));
}
