import type { Answered } from "./dispatch.ts";
import type { Exchange } from "./exchange.ts";

/** What an answer's headers tell, whole or streamed, besides its form. */
export function answerHeaders({ held }: Exchange, { answer }: Answered): Record<string, string> {
  const { dropped = [] } = answer;
  return {
    ...held.headers,
    // The client said `"drop_unsupported": true`; these are the fields it has lost by that.
    ...(dropped.length > 0 && { "x-wlrouter-dropped": dropped.join(", ") }),
  };
}
