import { recordOf } from "../../core/translate/read-chat.ts";
import type { ProviderFault } from "../../core/upstream/failure.ts";

/** A model that is not there, not in this region, or only behind an inference profile: the operator's to mend. */
const MODEL_MISSING =
  /model identifier is invalid|on-demand throughput isn.t supported|inference profile .* not/i;

/** AWS's `{message}`, in some services `{Message}`; the kind of error is in a header, and the status says as much. */
export function readFault(body: unknown): ProviderFault {
  const fields = recordOf(body);
  const message = fields["message"] ?? fields["Message"];
  if (typeof message !== "string") return {};
  return { message, code: MODEL_MISSING.test(message) ? "model_not_found" : undefined };
}
