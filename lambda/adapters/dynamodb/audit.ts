import type { AuditAction, AuditEntry, AuditLog, Resolution, Resolutions } from "../../core/audit.ts";
import { number, readBigint, readMap, readText, text } from "./attributes.ts";
import type { Queries } from "./paged-reads.ts";
import { type Item, type Store, StoreError } from "./store.ts";

/** Beside the months, what the table's items are about. */
const IDS = "ids";
const RESOLUTIONS = "resolutions";
const MONTH_LENGTH = "2026-11".length;
/** Older entries are in the table, but not listed. */
const MONTHS_LISTED = 24;
/** Sorts before every time. */
const FIRST = "0";

export function createAuditLog(store: Store, queries: Queries, table: string): AuditLog {
  return {
    async write(entry) {
      // Whoever comes second writes at the first one's time, which is the same item; so a crash in between is made good.
      const idItem = { ...key(IDS, entry.id), at: text(entry.at) };
      const isNew = await putOnce(store, table, idItem);
      const known = isNew ? undefined : await store.get(table, key(IDS, entry.id), { consistent: true });
      await putOnce(store, table, auditItem({ ...entry, at: (known && readText(known, "at")) ?? entry.at }));
    },
    async *list(newestAt, after) {
      let month = (after ?? newestAt).slice(0, MONTH_LENGTH);
      for (let months = 0; months < MONTHS_LISTED; months++) {
        const items = queries.query(table, {
          partition: { name: "log", value: month },
          ...(after ? { between: { name: "auditId", from: FIRST, to: after } } : {}),
          newestFirst: true,
        });
        for await (const item of items) {
          const cursor = readText(item, "auditId") ?? "";
          if (cursor !== after) yield { ...readAudit(item), cursor };
        }
        month = monthBefore(month);
      }
    },
  };
}

export function createResolutions(store: Store, table: string): Resolutions {
  return {
    write: (resolution) => putOnce(store, table, resolutionItem(resolution)),
    async find(accountId, requestId) {
      const itemKey = key(RESOLUTIONS, `${accountId}#${requestId}`);
      const item = await store.get(table, itemKey, { consistent: true });
      return item && readResolution(accountId, requestId, item);
    },
  };
}

function key(log: string, auditId: string): Item {
  return { log: text(log), auditId: text(auditId) };
}

/** @returns false when the item is there already. */
async function putOnce(store: Store, table: string, item: Item): Promise<boolean> {
  try {
    await store.putIfAbsent(table, item, "auditId");
    return true;
  } catch (error) {
    if (error instanceof StoreError && error.failure === "condition_failed") return false;
    throw error;
  }
}

function monthBefore(month: string): string {
  return new Date(Date.parse(`${month}-01T00:00:00Z`) - 1).toISOString().slice(0, MONTH_LENGTH);
}

function auditItem({ id, at, subject, email, action, accountId, reason, details }: AuditEntry): Item {
  return {
    ...key(at.slice(0, MONTH_LENGTH), `${at}#${id}`),
    id: text(id),
    at: text(at),
    subject: text(subject),
    email: text(email),
    action: text(action),
    accountId: text(accountId),
    reason: text(reason),
    details: { M: Object.fromEntries(Object.entries(details).map(([name, value]) => [name, text(value)])) },
  };
}

const ACTIONS: readonly AuditAction[] = [
  "account.credit",
  "account.debit",
  "account.suspend",
  "account.activate",
  "payment.refund",
  "suspense.resolve",
];

function readAudit(item: Item): AuditEntry {
  const details = readMap(item, "details");
  const action = readText(item, "action");
  return {
    id: readText(item, "id") ?? "",
    at: readText(item, "at") ?? "",
    subject: readText(item, "subject") ?? "",
    email: readText(item, "email") ?? "",
    action: ACTIONS.find((known) => known === action) ?? "account.credit",
    accountId: readText(item, "accountId") ?? "",
    reason: readText(item, "reason") ?? "",
    details: Object.fromEntries(Object.keys(details).map((name) => [name, readText(details, name) ?? ""])),
  };
}

function resolutionItem(resolution: Resolution): Item {
  return {
    ...key(RESOLUTIONS, `${resolution.accountId}#${resolution.requestId}`),
    providerCharged: number(resolution.providerChargedPicoUsd),
    note: text(resolution.note),
    by: text(resolution.by),
    at: text(resolution.at),
  };
}

function readResolution(accountId: string, requestId: string, item: Item): Resolution {
  return {
    accountId,
    requestId,
    providerChargedPicoUsd: readBigint(item, "providerCharged"),
    note: readText(item, "note") ?? "",
    by: readText(item, "by") ?? "",
    at: readText(item, "at") ?? "",
  };
}
