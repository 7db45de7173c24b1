/** A past for a data folder: holds and settlements through the ledger, dated earlier. The server is not running then. */

import { createHash, randomBytes } from "node:crypto";
import path from "node:path";
import { v7 as uuidv7 } from "uuid";
import type { ChargeFacts } from "../../lambda/core/charge.ts";
import { NO_KEY_PERIOD } from "../../lambda/core/hold.ts";
import { formatKey, newId } from "../../lambda/core/keys.ts";
import type { PicoUsd } from "../../lambda/core/money.ts";
import { costOf } from "../../lambda/core/prices.ts";
import type { Usage } from "../../lambda/core/usage.ts";
import { compileCatalog, loadConfig } from "../../lib/config.ts";
import { startDynamo } from "../../local/dynamodb.ts";
import { systemTimers, wireLocal } from "../../local/runtime.ts";

/** A request as it went. */
export interface PastRequest {
  readonly accountId: string;
  readonly keyId: string;
  readonly model: string;
  readonly atMs: number;
  readonly usage: Usage;
  readonly facts?: Partial<ChargeFacts>;
}

export interface History {
  /** @returns the account's id. */
  account(name: string, creditPicoUsd: PicoUsd, atMs: number): Promise<string>;
  /** @returns the key's id. */
  key(accountId: string, name: string, atMs: number): Promise<string>;
  request(past: PastRequest): Promise<void>;
  close(): Promise<void>;
}

const HOLD_MS = 3_600_000;

export async function openHistory(dataFolder: string): Promise<History> {
  const dynamo = await startDynamo(path.join(dataFolder, "dynamodb"));
  const catalogFile = compileCatalog(await loadConfig("wlrouter.config.ts"));
  const router = wireLocal(dynamo, catalogFile, { write: () => {} }, systemTimers);
  const iso = (timeMs: number) => new Date(timeMs).toISOString();
  return {
    async account(name, creditPicoUsd, atMs) {
      const accountId = newId("acct_", randomBytes(16));
      await router.accounts.create({ accountId, name, createdAt: iso(atMs) });
      await router.ledger.credit({
        accountId,
        creditId: newId("adj_", randomBytes(16)),
        type: "adjustment",
        amountPicoUsd: creditPicoUsd,
        createdAt: iso(atMs),
        reason: "Opening balance",
      });
      return accountId;
    },
    async key(accountId, name, atMs) {
      const key = formatKey(randomBytes(32));
      const keyId = newId("key_", randomBytes(16));
      const keyHash = createHash("sha256").update(key).digest("hex");
      const fixed = { keyHash, keyId, accountId, last4: key.slice(-4), createdAt: iso(atMs) };
      await router.keys.create({ ...fixed, name, status: "active" });
      return keyId;
    },
    async request({ accountId, keyId, model: modelId, atMs, usage, facts }) {
      const model = router.catalog.models.get(modelId);
      if (!model) throw new Error(`the catalog has no ${modelId}`);
      const [route] = model.routes;
      const cost = facts?.outcome === undefined ? costOf(usage, model.prices) : 0n;
      const amountPicoUsd = cost * 2n + 1_000_000n;
      const requestId = `req_${uuidv7({ msecs: atMs })}`;
      const shared = { keyId, catalogVersion: router.catalog.version, model: modelId };
      const answer = await router.ledger.hold({
        accountId,
        requestId,
        hold: { ...shared, amountPicoUsd, expiresAtMs: Date.now() + HOLD_MS, keyPeriod: NO_KEY_PERIOD },
        requiredPicoUsd: amountPicoUsd,
      });
      if (!answer.held) throw new Error(`refused: ${answer.refusal}`);
      const { entry } = await router.ledger.settle(answer.open, cost, {
        ...shared,
        requestId,
        provider: route?.provider ?? "demo",
        outcome: "completed",
        usage,
        estimated: false,
        createdAt: iso(atMs),
        latencyMs: 1_200,
        holdPicoUsd: amountPicoUsd,
        upstreamCostPicoUsd: route ? costOf(usage, route.costs) : 0n,
        ...facts,
      });
      if (entry) await router.ledger.drain(entry);
    },
    async close() {
      router.close();
      await dynamo.close();
    },
  };
}
