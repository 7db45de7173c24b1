import { createHash, randomBytes } from "node:crypto";
import type { Command } from "commander";
import { type ApiKey, formatKey, newId, type SpendLimit } from "../../lambda/core/keys.ts";
import type { PicoUsd } from "../../lambda/core/money.ts";
import type { RateLimit } from "../../lambda/core/rate-limit.ts";
import { keyView } from "../../lambda/core/views.ts";
import { firstInstant, nameList, perMinute, shortText, usd } from "./argument-values.ts";
import { UsageError } from "./failures.ts";
import { judgeKeyOptions, limitPeriodOption } from "./key-options.ts";
import { keyTable } from "./key-table.ts";
import { addKeyUpdate } from "./key-update.ts";
import { type Answer, existingAccount, existingKey, type Session } from "./session.ts";

interface NewKey {
  readonly name: string;
  readonly limitUsd?: PicoUsd;
  readonly limitPeriod?: SpendLimit["period"];
  readonly requestsPerMinute?: number;
  readonly tokensPerMinute?: number;
  readonly models?: readonly string[];
  readonly expires?: string;
}

export function addKeys(program: Command, session: Session): void {
  const { answers } = session;
  const keys = program.command("keys").description("API keys: create, look at, change, revoke");
  keys
    .command("create <account>")
    .description("make a new key, which is shown this once")
    .requiredOption("--name <name>", "who or what will use it", shortText)
    .option("--limit-usd <usd>", "the most it may spend", usd)
    .addOption(limitPeriodOption())
    .option("--requests-per-minute <count>", "no more in any minute", perMinute)
    .option("--tokens-per-minute <count>", "the same for tokens, input and output together", perMinute)
    .option("--models <ids>", "the only models it may use: a,b", nameList)
    .option(
      "--expires <date>",
      "when it ends: 2027-01-01 (its first instant, UTC) or an instant",
      firstInstant,
    )
    .action(answers((accountId: string, options: NewKey) => create(session, accountId, options)));
  keys
    .command("list <account>")
    .description("show an account's keys")
    .action(answers((accountId: string) => list(session, accountId)));
  addKeyUpdate(keys, session);
  keys
    .command("revoke <key-id>")
    .description("refuse a key from the next request on, for good")
    .action(answers((keyId: string) => revoke(session, keyId)));
}

async function create(session: Session, accountId: string, options: NewKey): Promise<Answer> {
  if (options.limitPeriod && options.limitUsd === undefined) {
    throw new UsageError("--limit-period says nothing without an amount: add --limit-usd");
  }
  await judgeKeyOptions(session, options);
  const stores = await session.stores();
  await existingAccount(stores, accountId);
  const secret = formatKey(randomBytes(32));
  const key: ApiKey = {
    keyHash: createHash("sha256").update(secret).digest("hex"),
    keyId: newId("key_", randomBytes(16)),
    accountId,
    name: options.name,
    last4: secret.slice(-4),
    createdAt: new Date(session.io.nowMs()).toISOString(),
    expiresAt: options.expires,
    allowedModels: options.models,
    spendLimit: options.limitUsd === undefined ? undefined : limitOf(options.limitUsd, options.limitPeriod),
    rateLimit: rateLimitOf(options),
    status: "active",
  };
  await stores.keys.create(key);
  const { key_id, status: _, ...view } = keyView(key);
  return {
    json: { key_id, key: secret, ...view },
    text: `${secret}\n\nThis is ${key_id} (${key.name}) of ${accountId}. It is not shown again: only its hash is stored.`,
  };
}

function limitOf(amountPicoUsd: PicoUsd, period: SpendLimit["period"] = "total"): SpendLimit {
  return { amountPicoUsd, period };
}

function rateLimitOf({ requestsPerMinute, tokensPerMinute }: NewKey): RateLimit | undefined {
  if (requestsPerMinute === undefined && tokensPerMinute === undefined) return undefined;
  return { requestsPerMinute, tokensPerMinute };
}

async function list(session: Session, accountId: string): Promise<Answer> {
  const stores = await session.stores();
  await existingAccount(stores, accountId);
  const keys = await Array.fromAsync(stores.keys.list(accountId));
  keys.sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
  return {
    json: keys.map(keyView),
    text:
      keys.length > 0
        ? keyTable(keys, session.io.nowMs())
        : `There is no key yet: keys create ${accountId} --name NAME`,
  };
}

async function revoke(session: Session, keyId: string): Promise<Answer> {
  const stores = await session.stores();
  const key = await existingKey(stores, keyId);
  await stores.keys.revoke(key);
  return {
    json: keyView({ ...key, status: "revoked" }),
    text: `Revoked ${keyId} (${key.name}) of ${key.accountId}: its next request is refused.`,
  };
}
