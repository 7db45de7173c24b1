import { type Command, Option } from "commander";
import { StoreError } from "../../lambda/adapters/dynamodb/store.ts";
import type { ApiKey, KeyChanges, SpendLimit } from "../../lambda/core/keys.ts";
import type { PicoUsd } from "../../lambda/core/money.ts";
import { keyView } from "../../lambda/core/views.ts";
import { firstInstant, nameList, orWord, perMinute, shortText, usd } from "./argument-values.ts";
import { Failure, UsageError } from "./failures.ts";
import { judgeKeyOptions, limitPeriodOption } from "./key-options.ts";
import { keyTable } from "./key-table.ts";
import { type Answer, existingKey, type Session } from "./session.ts";

const NONE = "none";
const ALL = "all";
const NEVER = "never";

interface Wanted {
  readonly name?: string;
  readonly limitUsd?: PicoUsd;
  /** False for `--no-limit`; commander says true otherwise. */
  readonly limit: boolean;
  readonly limitPeriod?: SpendLimit["period"];
  readonly requestsPerMinute?: number | typeof NONE;
  readonly tokensPerMinute?: number | typeof NONE;
  readonly models?: readonly string[] | typeof ALL;
  readonly expires?: string | typeof NEVER;
}

export function addKeyUpdate(keys: Command, session: Session): void {
  keys
    .command("update <key-id>")
    .description("change a key; a gateway that has just used it may go by the old for up to 60 s")
    .option("--name <name>", "who or what uses it", shortText)
    .option("--limit-usd <usd>", "the most it may spend", usd)
    .addOption(
      new Option("--no-limit", "spend as much as the balance has").conflicts(["limitUsd", "limitPeriod"]),
    )
    .addOption(limitPeriodOption())
    .option("--requests-per-minute <count>", "a number, or none", orWord(NONE, perMinute))
    .option(
      "--tokens-per-minute <count>",
      "input and output together: a number, or none",
      orWord(NONE, perMinute),
    )
    .option("--models <ids>", "the only models it may use: a,b; or all", orWord(ALL, nameList))
    .option("--expires <date>", "when it ends, or never", orWord(NEVER, firstInstant))
    .action(session.answers((keyId: string, wanted: Wanted) => update(session, keyId, wanted)));
}

async function update(session: Session, keyId: string, wanted: Wanted): Promise<Answer> {
  const changes = changesOf(wanted);
  if (Object.keys(changes).length === 0) throw new UsageError("nothing to change was named: see --help");
  await judgeKeyOptions(session, { models: changes.allowedModels, expires: changes.expiresAt });
  const stores = await session.stores();
  const key = await existingKey(stores, keyId);
  const updated = await stores.keys.update(key, changes).catch((error: unknown) => {
    const refused = error instanceof StoreError && error.failure === "condition_failed";
    throw refused ? whyRefused(key) : error;
  });
  return {
    json: keyView(updated),
    text:
      `Updated ${keyId}. A gateway that has just used it may go by the old for up to 60 s.\n\n` +
      keyTable([updated], session.io.nowMs()),
  };
}

/** Null for the word that takes a limit away. */
function changesOf(wanted: Wanted): KeyChanges {
  const { name, limit, limitUsd, limitPeriod, requestsPerMinute, tokensPerMinute, models, expires } = wanted;
  return {
    ...(name === undefined ? {} : { name }),
    ...(limitUsd === undefined ? {} : { limitPicoUsd: limitUsd }),
    ...(limit ? {} : { limitPicoUsd: null }),
    ...(limitPeriod === undefined ? {} : { limitPeriod }),
    ...(requestsPerMinute === undefined
      ? {}
      : { requestsPerMinute: requestsPerMinute === NONE ? null : requestsPerMinute }),
    ...(tokensPerMinute === undefined
      ? {}
      : { tokensPerMinute: tokensPerMinute === NONE ? null : tokensPerMinute }),
    ...(models === undefined ? {} : { allowedModels: models === ALL ? null : models }),
    ...(expires === undefined ? {} : { expiresAt: expires === NEVER ? null : expires }),
  };
}

function whyRefused({ keyId, status }: ApiKey): Failure {
  return status === "revoked"
    ? new Failure(`${keyId} is revoked, for good: create another with "keys create"`)
    : new UsageError(`${keyId} has no limit whose period could change: add --limit-usd`);
}
