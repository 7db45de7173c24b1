import type { z } from "zod";
import type { ChargeFacts, Entry } from "../core/charge.ts";
import { modelView } from "../core/model-view.ts";
import { formatUsd } from "../core/money.ts";
import { decodeOpenHold } from "../core/open-hold.ts";
import type { Account, OpenHold } from "../core/ports.ts";
import { totalInputTokens } from "../core/usage.ts";
import { accountOf } from "./balance.ts";
import type { Console } from "./console.ts";
import { ConsoleError } from "./errors.ts";
import type { RequestsQuery } from "./inputs.ts";
import { readPlace, writePlace } from "./places.ts";
import { keyNames } from "./usage.ts";
import type { RequestDetail, RequestRow, RequestsView, TriedRoute } from "./usage-views.ts";

type Filter = Omit<z.output<typeof RequestsQuery>, "cursor">;

const PAGE = 50;
/** Of entries that a filter does not take: then the page ends, and the next one goes on from there. */
const MOST_READ = 2_000;

/**
 * An account's requests, newest first: on the first page those that are open, and those whose record is on its way to
 * the ledger, come before the ledger's.
 */
export async function requestsOf(
  console: Console,
  accountId: string,
  { cursor, ...filter }: z.output<typeof RequestsQuery>,
): Promise<RequestsView> {
  const names = await keyNames(console, accountId);
  if (filter.request_id !== undefined) {
    const found = await findRequest(console, accountId, filter.request_id);
    const row = found && rowOf(found, names);
    return { requests: row && matches(row, filter) ? [row] : [], next: null };
  }
  const rows: RequestRow[] = [];
  const account = cursor === undefined ? await accountOf(console, accountId) : undefined;
  if (account) rows.push(...unwrittenRows(account, names).filter((row) => matches(row, filter)));
  const place = readPlace(cursor, console.nowMs());
  let [read, atMoment, moment] = [0, 0, ""];
  for await (const entry of console.accounts.newestEntries(accountId, place.at)) {
    atMoment = entry.createdAt === moment ? atMoment + 1 : 1;
    moment = entry.createdAt;
    if (moment === place.at && atMoment <= place.seen) continue;
    read += 1;
    const row = entry.charge && !account?.outbox.has(entry.entryId) && rowOf(entry, names);
    if (row && matches(row, filter)) rows.push(row);
    if (rows.length >= PAGE || read >= MOST_READ) {
      return { requests: inOrder(rows), next: writePlace({ at: moment, seen: atMoment }) };
    }
  }
  return { requests: inOrder(rows), next: null };
}

/** @throws ConsoleError `not_found`, also for a request of another account. */
export async function requestOf(
  console: Console,
  accountId: string,
  requestId: string,
): Promise<RequestDetail> {
  const found = await findRequest(console, accountId, requestId);
  const row = found && rowOf(found, await keyNames(console, accountId));
  if (!row) throw new ConsoleError("not_found", "This account has no request with this id.");
  return { ...row, ...detailsOf(console, found) };
}

function inOrder(rows: RequestRow[]): RequestRow[] {
  return rows.sort((a, b) => (a.at < b.at ? 1 : -1));
}

function unwrittenRows(account: Account, names: Record<string, string>): RequestRow[] {
  const open = [...account.holds].map(([requestId, text]) =>
    rowOf(decodeOpenHold(account.accountId, requestId, text), names),
  );
  const settled = [...account.outbox.values()].map((entry) => rowOf(entry, names));
  return [...open, ...settled].filter((row) => row !== undefined);
}

const REQUEST_ID = /^req_[\w-]{1,64}$/;

/** Wherever it is on its way: held, in the outbox, in the ledger, or charged late. In the order of that way. */
async function findRequest(
  console: Console,
  accountId: string,
  requestId: string,
): Promise<Entry | OpenHold | undefined> {
  if (!REQUEST_ID.test(requestId)) return undefined;
  const { holds, outbox } = await accountOf(console, accountId);
  const held = holds.get(requestId);
  if (held !== undefined) return decodeOpenHold(accountId, requestId, held);
  const lateId = `late_${requestId}`;
  return (
    outbox.get(lateId) ??
    outbox.get(requestId) ??
    (await console.ledger.entry(accountId, lateId)) ??
    (await console.ledger.entry(accountId, requestId))
  );
}

function rowOf(found: Entry | OpenHold, names: Record<string, string>): RequestRow | undefined {
  if ("hold" in found) return openRow(found, names);
  return found.charge && settledRow(found, found.charge, names);
}

function settledRow(entry: Entry, charge: ChargeFacts, names: Record<string, string>): RequestRow {
  return {
    request_id: charge.requestId,
    at: entry.createdAt,
    key_id: charge.keyId,
    key_name: names[charge.keyId] ?? "",
    model: charge.model,
    outcome: charge.outcome,
    error_code: charge.errorCode ?? null,
    input_tokens: totalInputTokens(charge.usage),
    output_tokens: charge.usage.outputTokens,
    cost: formatUsd(-entry.amountPicoUsd),
    latency_ms: charge.latencyMs,
  };
}

function openRow({ requestId, hold }: OpenHold, names: Record<string, string>): RequestRow {
  return {
    request_id: requestId,
    at: new Date(hold.expiresAtMs).toISOString(),
    key_id: hold.keyId,
    key_name: names[hold.keyId] ?? "",
    model: hold.model,
    outcome: "open",
    error_code: null,
    input_tokens: 0,
    output_tokens: 0,
    cost: formatUsd(0n),
    latency_ms: 0,
  };
}

function matches(row: RequestRow, { key_id, model, outcome }: Filter): boolean {
  return (
    (key_id === undefined || row.key_id === key_id) &&
    (model === undefined || row.model === model) &&
    (outcome === undefined || row.outcome === outcome)
  );
}

function detailsOf({ catalog }: Console, found: Entry | OpenHold): Omit<RequestDetail, keyof RequestRow> {
  const charge = "hold" in found ? undefined : found.charge;
  const hold = "hold" in found ? found.hold : undefined;
  const version = charge?.catalogVersion ?? hold?.catalogVersion ?? "";
  const model = catalog.models.get(charge?.model ?? hold?.model ?? "");
  const heldPicoUsd = charge?.holdPicoUsd ?? hold?.amountPicoUsd;
  return {
    account_id: found.accountId,
    provider: charge?.provider ?? "",
    tag: charge?.tag ?? null,
    estimated: charge?.estimated ?? false,
    catalog_version: version,
    tokens: tokensOf(charge),
    prices: model ? modelView(model).prices : null,
    prices_are_of_request: version === catalog.version,
    hold: heldPicoUsd === undefined ? null : formatUsd(heldPicoUsd),
    write_off: formatUsd("hold" in found ? 0n : found.writeOffPicoUsd),
    time_to_first_token_ms: charge?.timeToFirstTokenMs ?? null,
    routes: charge ? routesOf(charge) : [],
    late: !("hold" in found) && found.type === "late",
  };
}

/** In the order they were called; how many more there were, where the record had no room for all. */
function routesOf({ tried = "", provider, errorCode }: ChargeFacts): TriedRoute[] {
  const before = tried.split(" ").filter(Boolean);
  return [
    ...before.map((word) => {
      const [name = "", reason] = word.split(":");
      return { provider: name, model: null, error_code: reason ?? null };
    }),
    ...(provider ? [{ provider, model: null, error_code: errorCode ?? null }] : []),
  ];
}

function tokensOf(charge: ChargeFacts | undefined): RequestDetail["tokens"] {
  return {
    input: charge?.usage.inputTokens ?? 0,
    cache_read: charge?.usage.cacheReadTokens ?? 0,
    cache_write: charge?.usage.cacheWriteTokens ?? 0,
    output: charge?.usage.outputTokens ?? 0,
    reasoning: charge?.usage.reasoningTokens ?? 0,
    audio_input: charge?.usage.audioInputTokens ?? 0,
    audio_output: charge?.usage.audioOutputTokens ?? 0,
  };
}
