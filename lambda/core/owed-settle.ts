import type { ChargeFacts } from "./charge.ts";
import { isRecord } from "./is-record.ts";
import { decodeOpenHold } from "./open-hold.ts";
import type { OwedSettle } from "./ports.ts";

/** As one line of text: for a queue, and for the log where even the queue failed. It holds no prompt and no key. */
export function encodeOwedSettle({ open, costPicoUsd, facts }: OwedSettle): string {
  const { accountId, requestId, text } = open;
  return JSON.stringify({ accountId, requestId, hold: text, costPicoUsd, facts }, writeMoney);
}

/** @throws Error for a text that `encodeOwedSettle` did not write. */
export function decodeOwedSettle(text: string): OwedSettle {
  const fields: unknown = JSON.parse(text, readMoney);
  if (!isRecord(fields)) throw new Error("not an owed settle: no object");
  const { accountId, requestId, hold, costPicoUsd, facts } = fields;
  if (typeof accountId !== "string" || typeof requestId !== "string" || typeof hold !== "string") {
    throw new Error("not an owed settle: accountId, requestId or hold is missing");
  }
  if (typeof costPicoUsd !== "bigint" || costPicoUsd < 0n) throw new Error("not an owed settle: no cost");
  if (!isFacts(facts) || facts.requestId !== requestId) throw new Error("not an owed settle: no facts");
  return { open: decodeOpenHold(accountId, requestId, hold), costPicoUsd, facts };
}

/** What every settle needs; the rest went through `encodeOwedSettle` from a typed object. */
function isFacts(value: unknown): value is ChargeFacts {
  if (!isRecord(value) || !isRecord(value["usage"])) return false;
  const texts = ["requestId", "keyId", "model", "provider", "outcome", "catalogVersion", "createdAt"];
  return texts.every((name) => typeof value[name] === "string");
}

/** JSON has no whole numbers of any size: money travels as `{"picoUsd": "123"}`. */
function writeMoney(_name: string, value: unknown): unknown {
  return typeof value === "bigint" ? { picoUsd: String(value) } : value;
}

function readMoney(_name: string, value: unknown): unknown {
  if (!isRecord(value) || Object.keys(value).length !== 1 || typeof value["picoUsd"] !== "string")
    return value;
  return BigInt(value["picoUsd"]);
}
