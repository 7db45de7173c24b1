import type { DynamoDBRecord, AttributeValue as StreamValue } from "aws-lambda";
import type { LedgerChange } from "../../core/events.ts";
import { readText } from "./attributes.ts";
import { readEntry } from "./items.ts";
import type { AttributeValue, Item } from "./store.ts";

/**
 * Reads a record of the Ledger table's stream. It is stricter than whoever reads the table: what is not an entry, word
 * for word, must not become an event.
 * @throws Error that names the attribute at fault.
 */
export function readLedgerChange(record: DynamoDBRecord): LedgerChange {
  const { eventName, eventID, dynamodb } = record;
  const keys = readImage(dynamodb?.Keys ?? {});
  const accountId = requiredText(keys, "accountId");
  const entryId = requiredText(keys, "entryId");
  if (eventName === "INSERT") {
    const image = readImage(dynamodb?.NewImage ?? {});
    checkEntry(image);
    const entry = readEntry(accountId, entryId, image);
    // Who reads the table takes an outcome it does not know for `completed`.
    if (entry.charge && entry.charge.outcome !== readText(image, "outcome")) {
      throw new Error("not a ledger entry: outcome is none of ours");
    }
    return { change: "inserted", entry };
  }
  if (eventName !== "MODIFY" && eventName !== "REMOVE") throw new Error(`unknown change: ${eventName}`);
  return {
    change: eventName === "MODIFY" ? "modified" : "removed",
    accountId,
    entryId,
    changeId: eventID ?? dynamodb?.SequenceNumber ?? entryId,
    changedAt: new Date((dynamodb?.ApproximateCreationDateTime ?? 0) * 1_000).toISOString(),
  };
}

const MOVEMENTS = ["topup", "refund", "adjustment"];
const OF_A_CHARGE = ["keyId", "model", "outcome", "catalogVersion"];

function checkEntry(image: Item): void {
  const type = requiredText(image, "type");
  requiredText(image, "createdAt");
  const amount = image["amount"];
  if (!amount || !("N" in amount)) throw new Error("not a ledger entry: amount is missing or no number");
  if (type === "charge" || type === "late") {
    for (const name of OF_A_CHARGE) requiredText(image, name);
  } else if (!MOVEMENTS.includes(type)) throw new Error("not a ledger entry: type is none of ours");
}

function requiredText(item: Item, name: string): string {
  const value = readText(item, name);
  if (!value) throw new Error(`not a ledger entry: ${name} is missing or no text`);
  return value;
}

/** Of the kinds of attribute that an entry can have. */
function readImage(image: Readonly<Record<string, StreamValue>>): Item {
  return Object.fromEntries(Object.entries(image).map(([name, value]) => [name, readValue(name, value)]));
}

function readValue(name: string, { S, N, BOOL }: StreamValue): AttributeValue {
  if (S !== undefined) return { S };
  if (N !== undefined) return { N };
  if (BOOL !== undefined) return { BOOL };
  throw new Error(`not a ledger entry: ${name} has a type that no entry has`);
}
