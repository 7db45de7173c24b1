import type { ProviderCount, ProviderStatistics } from "../lambda/core/operations.ts";
import type { RequestLog, RequestLogLine } from "../lambda/core/ports.ts";

/** Lines of one machine's last hour or so. */
const MOST_LINES = 10_000;

/** A log that remembers its newest lines: what CloudWatch's queries are in AWS. */
export function countingLog(log: RequestLog): RequestLog & ProviderStatistics {
  const lines: RequestLogLine[] = [];
  return {
    write(line) {
      log.write(line);
      if (!line.provider) return;
      lines.push(line);
      if (lines.length > MOST_LINES) lines.shift();
    },
    async since(fromMs) {
      const counts = new Map<string, ProviderCount>();
      for (const { provider = "", outcome, code, at } of lines) {
        if (Date.parse(at) < fromMs) continue;
        const before = counts.get(provider) ?? { requests: 0, failures: 0, lastErrorCode: undefined };
        const isFailure = outcome !== "completed";
        counts.set(provider, {
          requests: before.requests + 1,
          failures: before.failures + (isFailure ? 1 : 0),
          lastErrorCode: isFailure ? code : before.lastErrorCode,
        });
      }
      return counts;
    },
  };
}
