import { expect } from "vitest";
import type { Entry } from "../../../lambda/core/charge.ts";
import { decodeHold } from "../../../lambda/core/hold.ts";
import type { PicoUsd } from "../../../lambda/core/money.ts";
import { entriesOf, type LedgerWorld, readAccountOf } from "./ledger-world.ts";

/** Expects invariants 1-5 of design section 3 of an account at rest. @returns its entries and records, by id. */
export async function expectSound(world: LedgerWorld, accountId: string): Promise<Map<string, Entry>> {
  const account = await readAccountOf(world, accountId);
  const entries = await entriesOf(world, accountId);
  // Between the two steps of DRAIN an entry is in both places, and must be the same in both.
  const known = new Map(entries.map((entry) => [entry.entryId, entry]));
  for (const [entryId, record] of account.outbox) {
    expect(known.get(entryId) ?? record, "4: one record per id").toEqual(record);
    known.set(entryId, record);
  }
  const held = sum([...account.holds.values()].map((text) => decodeHold(text).amountPicoUsd));
  const posted = sum([...known.values()].map((entry) => entry.amountPicoUsd));
  const writtenOff = sum([...known.values()].map((entry) => entry.writeOffPicoUsd));
  expect(account.availablePicoUsd, "1: available is never negative").toBeGreaterThanOrEqual(0n);
  expect(account.postedPicoUsd - account.availablePicoUsd, "2: the difference is held").toBe(held);
  expect(account.postedPicoUsd, "3: posted is the sum of entries").toBe(posted);
  expect(account.writeOffPicoUsd, "write-offs are in the entries").toBe(writtenOff);
  expect(account.sequence, "5: sequence counts entries").toBe(known.size);
  return known;
}

function sum(amounts: readonly PicoUsd[]): PicoUsd {
  return amounts.reduce((total, amount) => total + amount, 0n);
}
