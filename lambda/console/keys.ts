import { createHash } from "node:crypto";
import type { z } from "zod";
import { keyPeriodOf } from "../core/hold.ts";
import { type ApiKey, formatKey, newId } from "../core/keys.ts";
import { formatUsd } from "../core/money.ts";
import type { Account } from "../core/ports.ts";
import type { RollupRow } from "../core/rollup.ts";
import type { Console } from "./console.ts";
import { ConsoleError } from "./errors.ts";
import type { NewKeyInput } from "./inputs.ts";
import { lastDays, usageRows } from "./recent-usage.ts";
import type { Session } from "./session.ts";
import type { CreatedKeyView, KeyView } from "./views.ts";

const DAYS_SHOWN = 30;
/** More than anybody can tell apart; each page shows them all. */
const MOST_KEYS = 500;

/** Who looks: an owner may change every key, a member their own, an operator looking at another's account none. */
export type Looker = Pick<Session, "memberId" | "role"> | undefined;

/** Newest first. */
export async function listKeys(console: Console, accountId: string, looker: Looker): Promise<KeyView[]> {
  const [account, keys, members, rows] = await Promise.all([
    console.ledger.account(accountId),
    Array.fromAsync(console.keys.list(accountId)),
    Array.fromAsync(console.members.list(accountId)),
    usageRows(console.rollups, accountId, lastDays(DAYS_SHOWN, console.nowMs()), "day"),
  ]);
  const names = new Map(members.map(({ memberId, name }) => [memberId, name]));
  const usage = Map.groupBy(rows, ({ keyId }) => keyId);
  return keys
    .sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1))
    .map((key) =>
      keyView(key, { account, names, looker, rows: usage.get(key.keyId) ?? [], nowMs: console.nowMs() }),
    );
}

/** @throws ConsoleError `conflict`, `invalid_request` */
export async function createKey(
  console: Console,
  session: Session,
  input: z.output<typeof NewKeyInput>,
): Promise<CreatedKeyView> {
  const { name, spend_limit, allowed_models, expires_at } = input;
  checkModels(console, allowed_models);
  const nowMs = console.nowMs();
  if (expires_at !== undefined && Date.parse(expires_at) <= nowMs) {
    throw new ConsoleError("invalid_request", "expires_at: Expected a time in the future.", {
      param: "expires_at",
    });
  }
  const existing = await Array.fromAsync(console.keys.list(session.accountId));
  if (existing.filter(({ status }) => status === "active").length >= MOST_KEYS) {
    throw new ConsoleError("conflict", `This account has ${MOST_KEYS} keys. Revoke one that is not needed.`);
  }
  const secret = formatKey(console.randomBytes(32));
  const key: ApiKey = {
    keyHash: createHash("sha256").update(secret).digest("hex"),
    keyId: newId("key_", console.randomBytes(16)),
    accountId: session.accountId,
    name,
    last4: secret.slice(-4),
    createdAt: new Date(nowMs).toISOString(),
    createdBy: session.memberId,
    expiresAt: expires_at === undefined ? undefined : new Date(expires_at).toISOString(),
    allowedModels: allowed_models && [...new Set(allowed_models)],
    spendLimit: spend_limit && { amountPicoUsd: spend_limit.amount, period: spend_limit.period },
    status: "active",
  };
  await console.keys.create(key);
  const names = new Map([[session.memberId, session.name]]);
  return { key: keyView(key, { account: undefined, names, looker: session, rows: [], nowMs }), secret };
}

/** @throws ConsoleError `not_found`, `forbidden`, `conflict` */
export async function renameKey(
  console: Console,
  session: Session,
  keyId: string,
  name: string,
): Promise<KeyView> {
  const key = await keyToChange(console, session, keyId);
  if (key.status === "revoked") throw new ConsoleError("conflict", "This key is revoked; it keeps its name.");
  await console.keys.update(key, { name });
  return shownKey(console, session, keyId);
}

/** Twice is a success. @throws ConsoleError `not_found`, `forbidden` */
export async function revokeKey(console: Console, session: Session, keyId: string): Promise<KeyView> {
  await console.keys.revoke(await keyToChange(console, session, keyId));
  return shownKey(console, session, keyId);
}

/** A key of this account: of others' keys nobody learns even that they exist. */
async function keyToChange(console: Console, session: Session, keyId: string): Promise<ApiKey> {
  const key = KEY_ID.test(keyId) ? await console.keys.find(keyId) : undefined;
  if (key?.accountId !== session.accountId) {
    throw new ConsoleError("not_found", "This account has no key with this id.");
  }
  if (!mayChange(key, session)) {
    throw new ConsoleError("forbidden", "Only an owner may change a key that somebody else made.");
  }
  return key;
}

const KEY_ID = /^key_\w{1,64}$/;

function mayChange(key: ApiKey, looker: Looker): boolean {
  if (!looker) return false;
  return looker.role === "owner" || key.createdBy === looker.memberId;
}

async function shownKey(console: Console, session: Session, keyId: string): Promise<KeyView> {
  const keys = await listKeys(console, session.accountId, session);
  const found = keys.find(({ key_id }) => key_id === keyId);
  if (!found) throw new ConsoleError("not_found", "This account has no key with this id.");
  return found;
}

function checkModels({ catalog }: Console, models: readonly string[] | undefined): void {
  const unknown = models?.find((id) => !catalog.models.has(id));
  if (unknown === undefined) return;
  const message = `allowed_models: There is no model "${unknown}" here.`;
  throw new ConsoleError("invalid_request", message, { param: "allowed_models" });
}

interface KeySurroundings {
  readonly account: Account | undefined;
  readonly names: ReadonlyMap<string, string>;
  readonly looker: Looker;
  /** Of the last days. */
  readonly rows: readonly RollupRow[];
  readonly nowMs: number;
}

function keyView(key: ApiKey, { account, names, looker, rows, nowMs }: KeySurroundings): KeyView {
  const isExpired = key.expiresAt !== undefined && Date.parse(key.expiresAt) <= nowMs;
  const name = key.createdBy && names.get(key.createdBy);
  const lastUsedAt = rows.reduce((last, row) => (row.lastEntryAt > last ? row.lastEntryAt : last), "");
  const spent = account?.keySpendPicoUsd.get(keyPeriodOf(key.keyId, key.spendLimit, nowMs)) ?? 0n;
  return {
    key_id: key.keyId,
    name: key.name,
    last4: key.last4,
    status: key.status === "active" && isExpired ? "expired" : key.status,
    created_at: key.createdAt,
    created_by: key.createdBy && name ? { member_id: key.createdBy, name } : null,
    expires_at: key.expiresAt ?? null,
    spend_limit: key.spendLimit
      ? {
          amount: formatUsd(key.spendLimit.amountPicoUsd),
          period: key.spendLimit.period,
          spent: formatUsd(spent),
        }
      : null,
    allowed_models: key.allowedModels ? [...key.allowedModels] : null,
    last_used_at: lastUsedAt || null,
    spent_30_days: formatUsd(rows.reduce((sum, row) => sum + row.costPicoUsd, 0n)),
    is_mine_to_change: mayChange(key, looker),
  };
}
