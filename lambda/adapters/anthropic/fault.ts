import { recordOf } from "../../core/translate/read-chat.ts";
import type { ProviderFault } from "../../core/upstream/failure.ts";

/** Anthropic `{type: "error", error: {type, message}}`; before it, AWS's own `{message}` on Bedrock. */
export function readFault(body: unknown): ProviderFault {
  const outer = recordOf(body);
  const inner = recordOf(outer["error"] ?? outer);
  const message = inner["message"];
  const type = inner["type"];
  if (typeof message !== "string") return {};
  return {
    message,
    type: typeof type === "string" && /^\w{1,64}$/.test(type) ? type : undefined,
    // A 400 that only the operator can mend.
    code: /credit balance is too low/i.test(message) ? "insufficient_quota" : undefined,
  };
}
