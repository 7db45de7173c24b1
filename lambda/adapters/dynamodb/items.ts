import type { ChargeFacts, Entry, EntryType, Outcome } from "../../core/charge.ts";
import type { Account } from "../../core/ports.ts";
import { number, present, readBigint, readCount, readMap, readSet, readText, text } from "./attributes.ts";
import type { AttributeValue, Item } from "./store.ts";
import { readUsageAttributes, usageAttributes } from "./usage-attributes.ts";

/** Always "0" for now; the key leaves room to split a hot account. */
const SHARD = "0";

export function accountKey(accountId: string): Item {
  return { accountId: text(accountId), shard: text(SHARD) };
}

export function entryKey(accountId: string, entryId: string): Item {
  return { accountId: text(accountId), entryId: text(entryId) };
}

export function newAccountItem(accountId: string, name: string, createdAt: string): Item {
  return {
    ...accountKey(accountId),
    name: text(name),
    createdAt: text(createdAt),
    status: text("active"),
    available: number(0),
    posted: number(0),
    writeOff: number(0),
    sequence: number(0),
    credits: number(0),
    // Maps exist from the start: a path into a missing map is an error in DynamoDB.
    holds: { M: {} },
    outbox: { M: {} },
    keySpend: { M: {} },
    rates: { M: {} },
  };
}

export function readAccount(item: Item): Account {
  const accountId = readText(item, "accountId") ?? "";
  const outbox = readMap(item, "outbox");
  const holds = readMap(item, "holds");
  const keySpend = readMap(item, "keySpend");
  const rates = readMap(item, "rates");
  return {
    accountId,
    name: readText(item, "name") ?? "",
    createdAt: readText(item, "createdAt") ?? "",
    status: readText(item, "status") === "active" ? "active" : "suspended",
    availablePicoUsd: readBigint(item, "available"),
    postedPicoUsd: readBigint(item, "posted"),
    writeOffPicoUsd: readBigint(item, "writeOff"),
    sequence: readCount(item, "sequence"),
    holds: new Map(Object.keys(holds).map((id) => [id, readText(holds, id) ?? ""])),
    outbox: new Map(Object.keys(outbox).map((id) => [id, readEntry(accountId, id, readMap(outbox, id))])),
    revokedKeys: new Set(readSet(item, "revokedKeys")),
    rates: new Map(Object.keys(rates).map((name) => [name, readCount(rates, name)])),
    keySpendPicoUsd: new Map(Object.keys(keySpend).map((period) => [period, readBigint(keySpend, period)])),
  };
}

/** The counter that orders credits: CREDIT's condition names the value it read. */
export function readCredits(item: Item): bigint {
  return readBigint(item, "credits");
}

/**
 * An entry without its ids: the form it has inside the outbox. The ledger item is the same with the ids added, so
 * draining copies it word for word. Zeros are left out: a record has at most 670 bytes.
 */
export function entryRecord(entry: Entry): Item {
  return present({
    type: text(entry.type),
    amount: number(entry.amountPicoUsd),
    writeOff: unlessZero(entry.writeOffPicoUsd),
    fee: unlessZero(entry.feePicoUsd ?? 0n),
    createdAt: text(entry.createdAt),
    reason: optionalText(entry.reason),
    ...(entry.charge ? chargeRecord(entry.charge, entry.entryId) : {}),
  });
}

export function entryItem(entry: Entry): Item {
  return { ...entryKey(entry.accountId, entry.entryId), ...entryRecord(entry) };
}

function chargeRecord(charge: ChargeFacts, entryId: string): Record<string, AttributeValue | undefined> {
  return {
    // The entry's id tells it already, for all but entries of an older form.
    requestId: requestIdOf(entryId) === charge.requestId ? undefined : text(charge.requestId),
    keyId: text(charge.keyId),
    model: text(charge.model),
    provider: text(charge.provider),
    tried: optionalText(charge.tried),
    outcome: text(charge.outcome),
    estimated: charge.estimated ? { BOOL: true } : undefined,
    catalogVersion: text(charge.catalogVersion),
    latencyMs: number(charge.latencyMs),
    timeToFirstTokenMs:
      charge.timeToFirstTokenMs === undefined ? undefined : number(charge.timeToFirstTokenMs),
    tag: optionalText(charge.tag),
    fingerprint: optionalText(charge.fingerprint),
    hold: optionalNumber(charge.holdPicoUsd),
    upstream: unlessZero(charge.upstreamCostPicoUsd ?? 0n),
    error: optionalText(charge.errorCode),
    possibleCost:
      charge.possibleCostPicoUsd === charge.holdPicoUsd
        ? undefined
        : optionalNumber(charge.possibleCostPicoUsd),
    attention: ATTENTION.has(charge.outcome) ? text(charge.outcome) : undefined,
    ...usageAttributes(charge.usage),
  };
}

/** A charge's entry has its request's id, a late one's that with a prefix. */
function requestIdOf(entryId: string): string {
  return entryId.replace(/^late_/, "");
}

/** Outcomes that an operator has to look at: an index lists the entries that have one. */
const ATTENTION: ReadonlySet<Outcome> = new Set<Outcome>(["suspense", "expired"]);

export function readEntry(accountId: string, entryId: string, item: Item): Entry {
  return {
    accountId,
    entryId,
    type: readEntryType(item),
    amountPicoUsd: readBigint(item, "amount"),
    writeOffPicoUsd: readBigint(item, "writeOff"),
    feePicoUsd: item["fee"] && readBigint(item, "fee"),
    createdAt: readText(item, "createdAt") ?? "",
    reason: readText(item, "reason"),
    charge: item["keyId"] ? readCharge(item, entryId) : undefined,
  };
}

function readCharge(item: Item, entryId: string): ChargeFacts {
  const outcome = readOutcome(item);
  const holdPicoUsd = optionalBigint(item, "hold");
  return {
    requestId: readText(item, "requestId") ?? requestIdOf(entryId),
    keyId: readText(item, "keyId") ?? "",
    model: readText(item, "model") ?? "",
    provider: readText(item, "provider") ?? "",
    tried: readText(item, "tried"),
    outcome,
    estimated: item["estimated"] !== undefined,
    catalogVersion: readText(item, "catalogVersion") ?? "",
    createdAt: readText(item, "createdAt") ?? "",
    latencyMs: readCount(item, "latencyMs"),
    timeToFirstTokenMs: item["timeToFirstTokenMs"] ? readCount(item, "timeToFirstTokenMs") : undefined,
    tag: readText(item, "tag"),
    fingerprint: readText(item, "fingerprint"),
    holdPicoUsd,
    upstreamCostPicoUsd: optionalBigint(item, "upstream"),
    errorCode: readText(item, "error"),
    possibleCostPicoUsd:
      optionalBigint(item, "possibleCost") ?? (outcome === "suspense" ? holdPicoUsd : undefined),
    usage: readUsageAttributes(item),
  };
}

const ENTRY_TYPES: readonly EntryType[] = ["charge", "topup", "refund", "adjustment", "late"];
const OUTCOMES: readonly Outcome[] = ["completed", "failed", "broken", "suspense", "expired", "aborted"];

function readEntryType(item: Item): EntryType {
  const type = readText(item, "type");
  return ENTRY_TYPES.find((known) => known === type) ?? "adjustment";
}

function readOutcome(item: Item): Outcome {
  const outcome = readText(item, "outcome");
  return OUTCOMES.find((known) => known === outcome) ?? "completed";
}

function unlessZero(value: bigint): AttributeValue | undefined {
  return value === 0n ? undefined : number(value);
}

function optionalNumber(value: bigint | undefined): AttributeValue | undefined {
  return value === undefined ? undefined : number(value);
}

function optionalBigint(item: Item, name: string): bigint | undefined {
  return item[name] ? readBigint(item, name) : undefined;
}

function optionalText(value: string | undefined): AttributeValue | undefined {
  return value === undefined ? undefined : text(value);
}
