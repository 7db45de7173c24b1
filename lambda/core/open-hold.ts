import { decodeHold } from "./hold.ts";
import type { OpenHold } from "./ports.ts";

export function decodeOpenHold(accountId: string, requestId: string, text: string): OpenHold {
  return { accountId, requestId, hold: decodeHold(text), text };
}
