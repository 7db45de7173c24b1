import type { RequestLog, RequestLogLine } from "../../core/ports.ts";

/** Takes what a request's line says as a span. @throws Error never: a span that nobody takes is lost. */
export type SpanSink = (line: RequestLogLine) => Promise<void>;

export interface TracedLog extends RequestLog {
  /** Resolves when every span has gone out, or has been given up. */
  flush(): Promise<void>;
}

/**
 * A log whose lines are told to a collector, too, where they have a span.
 * @param load makes the sink when the first span needs it: a cold start does not
 */
export function createTracedLog(log: RequestLog, load: () => Promise<SpanSink>): TracedLog {
  const pending = new Set<Promise<void>>();
  let sink: Promise<SpanSink> | undefined;
  return {
    write(line) {
      log.write(line);
      if (line.spanId === undefined) return;
      sink ??= load();
      const sending = sink
        .then((send) => send(line))
        .catch(() => {
          // The next one loads again. The line is in the log whatever becomes of its span.
          sink = undefined;
        })
        .finally(() => pending.delete(sending));
      pending.add(sending);
    },
    async flush() {
      while (pending.size > 0) await Promise.all(pending);
    },
  };
}
