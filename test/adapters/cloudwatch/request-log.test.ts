import { expect, test } from "vitest";
import { createRequestLog, type LogLevel } from "../../../lambda/adapters/cloudwatch/request-log.ts";
import type { RequestLogLine } from "../../../lambda/core/ports.ts";

const ENDED: RequestLogLine = {
  at: "2026-11-23T04:05:06.789Z",
  requestId: "req_1",
  status: 200,
  accountId: "acct_1",
  outcome: "completed",
  inputTokens: 10,
  outputTokens: 2,
  costUsd: "0.0000072",
  latencyMs: 900,
  timeToFirstTokenMs: 300,
  overheadMs: 12,
};

function written(line: RequestLogLine, level: LogLevel = "info", resting: readonly string[] = []) {
  const texts: string[] = [];
  createRequestLog((text) => texts.push(text), level, { resting: () => resting }).write(line);
  expect(texts).toHaveLength(1);
  expect(texts[0]).toMatch(/^[^\n]+\n$/);
  return JSON.parse(texts[0] ?? "");
}

/** What CloudWatch would count, as it reads the format: names by their dimensions, with the figures that they point at. */
function counted(line: Record<string, unknown>) {
  const { CloudWatchMetrics } = Object(line["_aws"]);
  return Object.fromEntries(
    CloudWatchMetrics.map(({ Namespace, Dimensions, Metrics }: Record<string, unknown[]>) => {
      const names = Dimensions?.flat().map(String) ?? [];
      const values = names.map((name) => `${name}=${line[name]}`);
      return [
        `${Namespace} ${values.join(" ")}`,
        Object.fromEntries(Metrics?.map((metric) => [Object(metric).Name, line[Object(metric).Name]]) ?? []),
      ];
    }),
  );
}

test("a request that went well is one line that says all of it, and is counted by the same line", () => {
  const line = written(ENDED);
  expect(line).toMatchObject(ENDED);
  expect(line._aws.Timestamp).toBe(Date.parse(ENDED.at));
  expect(counted(line)).toEqual({
    "WLRouter service=gateway": {
      Requests: 1,
      LatencyMs: 900,
      TimeToFirstTokenMs: 300,
      OverheadMs: 12,
      InputTokens: 10,
      OutputTokens: 2,
      CostMicroUsd: 7,
    },
  });
});

test("an error is counted by its code too, and a refusal is no request", () => {
  const line = written({
    at: ENDED.at,
    requestId: "req_2",
    status: 402,
    code: "insufficient_balance",
    outcome: "refused",
    latencyMs: 3,
  });
  expect(counted(line)).toEqual({
    "WLRouter service=gateway": { Refused: 1 },
    "WLRouter service=gateway code=insufficient_balance": { Errors: 1 },
  });
});

test.each([
  ["settled_late", "SettlesLate"],
  ["settle_queued: StoreError", "SettlesQueued"],
  ["settle_failed: StoreError", "SettlesLost"],
])("a line that says %s is counted as %s, and as something for the operator", (alarm, name) => {
  expect(counted(written({ ...ENDED, alarm }))["WLRouter service=gateway"]).toMatchObject({
    Alarms: 1,
    [name]: 1,
  });
});

test("routes at rest are named and counted by any line that is written meanwhile, whatever the level", () => {
  const resting = ["p1|model-a", "p2|model-b"];
  for (const line of [ENDED, { ...ENDED, status: 503, outcome: "refused", code: "no_route_available" }]) {
    const told = written(line, "warn", resting);
    expect(told.resting).toEqual(resting);
    expect(counted(told)["WLRouter service=gateway"]).toMatchObject({ RoutesResting: 2 });
  }
});

test("at level warn what went well is counted and not told, and everything else is told", () => {
  const quiet = written(ENDED, "warn");
  expect(counted(quiet)).toEqual(counted(written(ENDED)));
  expect(JSON.stringify(quiet)).not.toMatch(/req_1|acct_1/);
  for (const changes of [{ status: 502, code: "upstream_error" }, { alarm: "settled_late" }]) {
    expect(written({ ...ENDED, ...changes }, "warn").requestId).toBe("req_1");
  }
});
