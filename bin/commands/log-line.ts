import { z } from "zod";
import type { RequestLogLine } from "../../lambda/core/ports.ts";

const LogLine = z.object({
  at: z.string(),
  requestId: z.string(),
  status: z.number(),
  code: z.string().optional(),
  accountId: z.string().optional(),
  keyId: z.string().optional(),
  model: z.string().optional(),
  provider: z.string().optional(),
  outcome: z.string().optional(),
  latencyMs: z.number(),
});

/** Lambda wraps what a function logs into a line of its own, as a value or as text. */
const WrappedLine = z.object({ message: z.union([z.string(), LogLine]) });

/** Undefined for a line of another kind, or one that a crash cut short. */
export function parseLogLine(text: string): RequestLogLine | undefined {
  const value = parseJson(text);
  const wrapped = WrappedLine.safeParse(value);
  if (!wrapped.success) return LogLine.safeParse(value).data;
  const { message } = wrapped.data;
  return typeof message === "string" ? LogLine.safeParse(parseJson(message)).data : message;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
