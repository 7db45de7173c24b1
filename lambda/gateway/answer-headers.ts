import type { Answered } from "./dispatch.ts";
import type { Exchange } from "./exchange.ts";

/** What an answer's headers tell, whole or streamed, besides its form. */
export function answerHeaders({ held }: Exchange, { answer, planned }: Answered): Record<string, string> {
  const { dropped = [] } = answer;
  return {
    ...held.headers,
    // Who answered: with fallbacks it need not be who was asked first.
    "x-wlrouter-provider": planned.route.provider,
    "x-wlrouter-model": planned.model.id,
    // The client said `"drop_unsupported": true`; these are the fields it has lost by that.
    ...(dropped.length > 0 && { "x-wlrouter-dropped": dropped.join(", ") }),
  };
}
