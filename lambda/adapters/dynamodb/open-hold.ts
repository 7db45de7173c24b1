import { decodeHold } from "../../core/hold.ts";
import type { OpenHold } from "../../core/ports.ts";

export function decodeOpenHold(accountId: string, requestId: string, text: string): OpenHold {
  return { accountId, requestId, hold: decodeHold(text), text };
}
