import { createHash, randomBytes } from "node:crypto";
import { type Command, Option } from "commander";
import { type ApiKey, formatKey, newId, type SpendLimit } from "../../lambda/core/keys.ts";
import { formatUsd, type PicoUsd } from "../../lambda/core/money.ts";
import { keyView } from "../../lambda/core/views.ts";
import { firstInstant, nameList, shortText, usd } from "./argument-values.ts";
import { Failure, UsageError } from "./failures.ts";
import { configuredModels } from "./models.ts";
import { nearestNames } from "./nearest-names.ts";
import { table, timeText } from "./output.ts";
import { type Answer, existingAccount, type Session } from "./session.ts";

interface NewKey {
  readonly name: string;
  readonly limitUsd?: PicoUsd;
  readonly limitPeriod?: SpendLimit["period"];
  readonly models?: readonly string[];
  readonly expires?: string;
}

export function addKeys(program: Command, session: Session): void {
  const { answers } = session;
  const keys = program.command("keys").description("API keys: create, look at, revoke");
  keys
    .command("create <account>")
    .description("make a new key, which is shown this once")
    .requiredOption("--name <name>", "who or what will use it", shortText)
    .option("--limit-usd <usd>", "the most it may spend", usd)
    .addOption(
      new Option("--limit-period <period>", "… in all, or in a calendar month (UTC)").choices([
        "total",
        "month",
      ]),
    )
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
  keys
    .command("revoke <key-id>")
    .description("refuse a key from the next request on, for good")
    .action(answers((keyId: string) => revoke(session, keyId)));
}

async function create(session: Session, accountId: string, options: NewKey): Promise<Answer> {
  await judge(session, options);
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

/** What the arguments mean together, before anything is opened. @throws Failure, UsageError */
async function judge(session: Session, options: NewKey): Promise<void> {
  if (options.limitPeriod && options.limitUsd === undefined) {
    throw new UsageError("--limit-period says nothing without an amount: add --limit-usd");
  }
  if (options.expires && Date.parse(options.expires) <= session.io.nowMs()) {
    throw new UsageError(`--expires ${options.expires} is in the past: choose a later day`);
  }
  if (!options.models) return;
  const known = (await configuredModels(session)).map(({ id }) => id);
  const unknown = options.models.filter((id) => !known.includes(id));
  if (unknown.length === 0) return;
  const hints = unknown.map((id) => `"${id}" (nearest: ${nearestNames(id, known).join(", ")})`);
  throw new Failure(
    `--models names what is not in the configuration: ${hints.join("; ")}; "models" shows all`,
  );
}

async function list(session: Session, accountId: string): Promise<Answer> {
  const stores = await session.stores();
  await existingAccount(stores, accountId);
  const keys = await Array.fromAsync(stores.keys.list(accountId));
  keys.sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
  const rows = keys.map((key) => [
    key.keyId,
    key.name,
    `…${key.last4}`,
    statusOf(key, session.io.nowMs()),
    key.spendLimit ? `${formatUsd(key.spendLimit.amountPicoUsd)} ${key.spendLimit.period}` : "none",
    key.allowedModels?.join(", ") ?? "all",
    key.expiresAt ? timeText(key.expiresAt) : "never",
  ]);
  const heads = ["KEY", "NAME", "ENDS IN", "STATUS", "LIMIT (USD)", "MODELS", "EXPIRES (UTC)"];
  return {
    json: keys.map(keyView),
    text: rows.length > 0 ? table(heads, rows) : `There is no key yet: keys create ${accountId} --name NAME`,
  };
}

function statusOf(key: ApiKey, nowMs: number): string {
  const expired = key.expiresAt !== undefined && Date.parse(key.expiresAt) <= nowMs;
  return key.status === "active" && expired ? "expired" : key.status;
}

async function revoke(session: Session, keyId: string): Promise<Answer> {
  const { keys } = await session.stores();
  const key = await keys.find(keyId);
  if (!key) throw new Failure(`there is no key "${keyId}"; "keys list ACCOUNT" shows an account's`);
  await keys.revoke(key);
  return {
    json: keyView({ ...key, status: "revoked" }),
    text: `Revoked ${keyId} (${key.name}) of ${key.accountId}: its next request is refused.`,
  };
}
