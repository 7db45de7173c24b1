import { isRecord } from "../../core/is-record.ts";
import type { ReportedUsage } from "../../core/ports.ts";
import { recordOf } from "../../core/translate/read-chat.ts";
import { NO_USAGE } from "../../core/usage.ts";

/**
 * What Cohere bills (`billed_units`), not what its model read and wrote (`tokens`): that has Cohere's own prompt, the
 * marks around the answer, and what its cache had, none of which it charges. docs/decisions/0030.
 * @returns undefined when there is no usage that states both sides
 */
export function readUsage(value: unknown): ReportedUsage {
  if (!isRecord(value)) return undefined;
  const { input_tokens: input, output_tokens: output } = recordOf(value["billed_units"]);
  if (typeof input !== "number" || typeof output !== "number") return undefined;
  const reasoning = recordOf(value["tokens"])["reasoning_tokens"];
  return {
    ...NO_USAGE,
    inputTokens: input,
    outputTokens: output,
    // Counted among `tokens`, which are more: of what is billed it is at most all.
    reasoningTokens: typeof reasoning === "number" ? Math.min(reasoning, output) : 0,
  };
}
