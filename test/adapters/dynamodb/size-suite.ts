import { expect, test } from "vitest";
import { accountKey, entryRecord } from "../../../lambda/adapters/dynamodb/items.ts";
import { encodeHold } from "../../../lambda/core/hold.ts";
import { LONGEST_HOLD, longestEntry, newFullAccount } from "./full-account.ts";
import { expectSound } from "./invariants.ts";
import { itemSizeBytes } from "./item-size.ts";
import type { LedgerWorld } from "./ledger-world.ts";

export function sizeSuite(world: () => LedgerWorld): void {
  test("A record with the longest ids and figures has at most 670 bytes.", () => {
    const bytes = itemSizeBytes(entryRecord(longestEntry("acct_1", 0)));
    expect(bytes).toBeLessThanOrEqual(670);
  });

  test("A record with every kind of token, the longest tag and a write-off has at most 670 bytes.", () => {
    const entry = longestEntry("acct_1", 0);
    if (!entry.charge) throw new Error("no charge");
    // Usage that a provider reported is neither estimated nor in suspense.
    const charge = { ...entry.charge, tag: "t".repeat(64), estimated: false, possibleCostPicoUsd: undefined };
    expect(itemSizeBytes(entryRecord({ ...entry, charge }))).toBeLessThanOrEqual(670);
  });

  test("The longest hold string has 189 bytes.", () => {
    expect(encodeHold(LONGEST_HOLD)).toHaveLength(189);
  });

  test("A full account, 256 records and 256 holds of the longest, stays well under DynamoDB's 400 kB.", async () => {
    const accountId = await newFullAccount(world(), { holds: 256, records: 256 });
    const item = await world().direct.store.get(world().tables.accounts, accountKey(accountId), {
      consistent: true,
    });
    expect(itemSizeBytes(item ?? {})).toBeLessThan(250_000);
    await expectSound(world(), accountId);
  });
}
