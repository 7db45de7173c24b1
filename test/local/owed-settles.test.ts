/** One machine's queue of owed charges: what comes while others are being written stays. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { encodeHold, NO_KEY_PERIOD } from "../../lambda/core/hold.ts";
import { decodeOpenHold } from "../../lambda/core/open-hold.ts";
import type { Ledger, OwedSettle } from "../../lambda/core/ports.ts";
import { openOwedSettles } from "../../local/owed-settles.ts";
import { factsOf } from "../adapters/dynamodb/ledger-world.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "owed-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function owed(requestId: string): OwedSettle {
  const hold = {
    ...{ amountPicoUsd: 30n, expiresAtMs: 1, keyId: "key_1", keyPeriod: NO_KEY_PERIOD },
    ...{ model: "demo/echo", catalogVersion: "1", attempt: "a1" },
  };
  const open = decodeOpenHold("acct_1", requestId, encodeHold(hold));
  return { open, costPicoUsd: 12n, facts: factsOf(open) };
}

/** A ledger that takes what it is told to; `during` happens while it writes. */
function ledgerOf(takes: (requestId: string) => boolean, during: (requestId: string) => Promise<unknown>) {
  const settled: string[] = [];
  const ledger: Pick<Ledger, "settle" | "drain"> = {
    async settle({ requestId }) {
      await during(requestId);
      if (!takes(requestId)) throw new Error("the store does not answer");
      settled.push(requestId);
      return { entry: undefined, late: false };
    },
    drain: async () => {},
  };
  return { ledger, settled };
}

test.each([
  ["in memory", false],
  ["in a file too", true],
])(
  "a charge that comes while others are being written is written by the next turn, %s",
  async (_, isKept) => {
    const file = isKept ? path.join(folder, "meanwhile.jsonl") : undefined;
    const queue = openOwedSettles(file);
    await queue.put(owed("req_1"));
    const first = ledgerOf(
      () => true,
      () => queue.put(owed("req_2")),
    );
    expect([await queue.settleAll(first.ledger), first.settled]).toEqual([1, ["req_1"]]);
    const second = ledgerOf(
      () => true,
      async () => {},
    );
    // After a restart the file alone knows.
    const later = file === undefined ? queue : openOwedSettles(file);
    expect([await later.settleAll(second.ledger), second.settled]).toEqual([0, ["req_2"]]);
  },
);

test("two turns at once leave what neither could write, and what came meanwhile", async () => {
  const file = path.join(folder, "twice.jsonl");
  const queue = openOwedSettles(file);
  for (const requestId of ["req_1", "req_2"]) await queue.put(owed(requestId));
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const takes = (requestId: string) => requestId === "req_1";
  const turns = [1, 2].map(() => queue.settleAll(ledgerOf(takes, () => gate).ledger));
  await queue.put(owed("req_3"));
  release();
  await Promise.all(turns);
  const left = readFileSync(file, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line).requestId);
  expect(left).toEqual(["req_2", "req_3"]);
});
