import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Entry } from "../../lambda/core/charge.ts";
import { parseUsd } from "../../lambda/core/money.ts";
import { dayAt, monthNamed, type Period } from "../../lambda/core/report/period.ts";
import { writeReports } from "../../lambda/reports/run.ts";
import { memoryLedger } from "./entry-arbitrary.ts";
import { accountOf, type MemoryLedger, memoryWorld } from "./memory-world.ts";

const LONG_AFTER = Date.parse("2027-06-01T00:00:00Z");
const OPTIONS = { nowMs: () => LONG_AFTER, shouldStop: () => false };
const NOVEMBER = monthNamed("2026-11") ?? dayAt(0);
const DAYS = Array.from({ length: 30 }, (_, i) => dayAt(NOVEMBER.fromMs + i * 86_400_000));
const COLUMNS =
  "account_id,key_id,key_name,model,provider,requests,failures,input_tokens,cache_read_tokens," +
  "cache_write_tokens,output_tokens,reasoning_tokens,cost_usd";

type Row = Record<string, string>;

/** CSV as a reader that knows nothing of its writer understands it. */
function rowsOf(csv: string | undefined): Row[] {
  return csv === undefined ? [] : parse(csv, { columns: true });
}

async function reportsOf(ledger: MemoryLedger, periods: readonly Period[]) {
  const { world, files } = memoryWorld(new Map([["acct_1", ledger]]));
  for (const period of periods) await writeReports(world, period, OPTIONS);
  return files;
}

function recordsOf({ ledger, outbox }: MemoryLedger): Entry[] {
  return [...new Map([...ledger, ...outbox].map((entry) => [entry.entryId, entry])).values()];
}

function isIn(period: Period, { createdAt }: Entry): boolean {
  const atMs = Date.parse(createdAt);
  return period.fromMs <= atMs && atMs < period.endMs;
}

function sum<T>(items: readonly T[], amount: (item: T) => bigint): bigint {
  return items.reduce((total, item) => total + amount(item), 0n);
}

/** The rows that a report must have, by filtering the entries once for each key, model and provider. */
function expectedRows(entries: readonly Entry[], ledger: MemoryLedger, period: Period): Row[] {
  const used = entries.filter((entry) => entry.charge && isIn(period, entry));
  const groups = [...new Set(used.map(({ charge }) => groupOf(charge ?? {})))].sort();
  return groups.map((group) => {
    const own = used.filter(({ charge }) => groupOf(charge ?? {}) === group);
    const requests = own.filter(({ type }) => type === "charge");
    const [keyId = "", model = "", provider = ""] = JSON.parse(group);
    const name = ledger.keys.find((key) => key.keyId === keyId)?.name ?? "";
    const tokens = (
      kind: "inputTokens" | "cacheReadTokens" | "cacheWriteTokens" | "outputTokens" | "reasoningTokens",
    ) => String(sum(own, ({ charge }) => BigInt(charge?.usage[kind] ?? 0)));
    return {
      [period.unit]: period.name,
      account_id: "acct_1",
      key_id: keyId,
      key_name: /^[=+\-@\t\r]/.test(name) ? `'${name}` : name,
      model,
      provider,
      requests: String(requests.length),
      failures: String(requests.filter(({ charge }) => charge?.outcome !== "completed").length),
      input_tokens: tokens("inputTokens"),
      cache_read_tokens: tokens("cacheReadTokens"),
      cache_write_tokens: tokens("cacheWriteTokens"),
      output_tokens: tokens("outputTokens"),
      reasoning_tokens: tokens("reasoningTokens"),
      cost_usd: String(sum(own, ({ amountPicoUsd }) => -amountPicoUsd)),
    };
  });
}

function groupOf({ keyId = "", model = "", provider = "" }): string {
  return JSON.stringify([keyId, model, provider]);
}

/** Costs in pico-USD, and in an order that both sides share. */
function comparable(rows: readonly Row[]): Row[] {
  return rows
    .map((row) => ({ ...row, cost_usd: String(parseUsd(row["cost_usd"] ?? "")) }))
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

test("every day's and month's rows are the ledger's sums to the picodollar, wherever a record is", async () => {
  await fc.assert(
    fc.asyncProperty(memoryLedger, async (ledger) => {
      const files = await reportsOf(ledger, [...DAYS, NOVEMBER]);
      const entries = recordsOf(ledger);
      for (const period of [...DAYS, NOVEMBER]) {
        const folder = period.unit === "day" ? `daily/dt=${period.name}` : `monthly/month=${period.name}`;
        const csv = files.get(`reports/${folder}/acct_1.csv`);
        const expected = expectedRows(entries, ledger, period).sort((a, b) =>
          JSON.stringify(a) < JSON.stringify(b) ? -1 : 1,
        );
        expect(comparable(rowsOf(csv))).toEqual(expected);
        expect(csv !== undefined).toBe(entries.some((entry) => isIn(period, entry)));
        if (csv !== undefined) expect(csv.split("\n")[0]).toBe(`${period.unit},${COLUMNS}`);
      }
    }),
    { numRuns: 60 },
  );
});

test("a statement goes from the sum of all entries before the month to the sum of all at its end", async () => {
  await fc.assert(
    fc.asyncProperty(memoryLedger, async (ledger) => {
      const files = await reportsOf(ledger, [NOVEMBER]);
      const entries = recordsOf(ledger);
      const before = entries.filter(({ createdAt }) => Date.parse(createdAt) < NOVEMBER.fromMs);
      const within = entries.filter((entry) => isIn(NOVEMBER, entry));
      const csv = files.get("reports/monthly/month=2026-11/acct_1.statement.csv");
      expect(csv !== undefined).toBe(within.length > 0);
      if (csv === undefined) return;
      const lines = rowsOf(csv).map(({ line = "", amount_usd = "" }) => ({
        line,
        amount: parseUsd(amount_usd),
      }));
      const amountOf = (name: string) =>
        sum(
          lines.filter(({ line }) => line === name),
          ({ amount }) => amount,
        );
      const ofType = (...types: string[]) =>
        sum(
          within.filter(({ type }) => types.includes(type)),
          ({ amountPicoUsd }) => amountPicoUsd,
        );
      expect(amountOf("opening_balance")).toBe(sum(before, ({ amountPicoUsd }) => amountPicoUsd));
      expect(amountOf("top_ups")).toBe(ofType("topup"));
      expect(amountOf("refunds")).toBe(ofType("refund"));
      expect(amountOf("adjustments")).toBe(ofType("adjustment"));
      expect(amountOf("usage")).toBe(ofType("charge", "late"));
      expect(amountOf("write_offs")).toBe(sum(within, ({ writeOffPicoUsd }) => writeOffPicoUsd));
      expect(amountOf("fees_paid")).toBe(sum(within, ({ feePicoUsd = 0n }) => feePicoUsd));
      expect(amountOf("closing_balance")).toBe(
        sum([...before, ...within], ({ amountPicoUsd }) => amountPicoUsd),
      );
    }),
    { numRuns: 100 },
  );
});

test("the statement as JSON says what the CSV says", async () => {
  await fc.assert(
    fc.asyncProperty(memoryLedger, async (ledger) => {
      const files = await reportsOf(ledger, [NOVEMBER]);
      const json = files.get("reports/monthly/month=2026-11/acct_1.statement.json");
      if (json === undefined) return;
      const { usage, account_id, month, currency, ...amounts } = JSON.parse(json);
      const lines = rowsOf(files.get("reports/monthly/month=2026-11/acct_1.statement.csv"));
      expect({ account_id, month, currency }).toEqual({
        account_id: "acct_1",
        month: "2026-11",
        currency: "USD",
      });
      const used = lines.filter(({ line }) => line === "usage");
      expect(usage).toEqual(
        used.map(({ model, requests, amount_usd }) => ({
          model,
          requests: Number(requests),
          amount: amount_usd,
        })),
      );
      const rest = lines.filter(({ line }) => line !== "usage");
      expect(amounts).toEqual(Object.fromEntries(rest.map(({ line, amount_usd }) => [line, amount_usd])));
    }),
    { numRuns: 30 },
  );
});

test("the statement of the month that has everything closes with what is posted", async () => {
  await fc.assert(
    fc.asyncProperty(memoryLedger, async (ledger) => {
      const december = monthNamed("2026-12") ?? NOVEMBER;
      const files = await reportsOf(ledger, [december]);
      const json = files.get("reports/monthly/month=2026-12/acct_1.statement.json");
      if (json === undefined) return;
      expect(parseUsd(JSON.parse(json).closing_balance)).toBe(accountOf("acct_1", ledger).postedPicoUsd);
    }),
    { numRuns: 50 },
  );
});

test("the summary has each account that had entries once, and its lines add up to the accounts' reports", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(memoryLedger, { maxLength: 6 }), async (ledgers) => {
      const named = new Map(ledgers.map((ledger, i) => [`acct_${i}`, ledger]));
      const { world, files } = memoryWorld(named);
      const report = await writeReports(world, NOVEMBER, OPTIONS);
      const summary = rowsOf(files.get("reports/monthly/month=2026-11/summary.csv"));
      const busy = [...named].filter(([, ledger]) =>
        recordsOf(ledger).some((entry) => isIn(NOVEMBER, entry)),
      );
      expect(summary.map((row) => row["account_id"])).toEqual(busy.map(([accountId]) => accountId));
      for (const row of summary) {
        const own = rowsOf(files.get(`reports/monthly/month=2026-11/${row["account_id"]}.csv`));
        expect(parseUsd(row["cost_usd"] ?? "")).toBe(sum(own, ({ cost_usd = "" }) => parseUsd(cost_usd)));
        expect(Number(row["requests"])).toBe(
          own.reduce((total, { requests }) => total + Number(requests), 0),
        );
        expect(row["partial"]).toBe("false");
      }
      expect(report.costPicoUsd).toBe(sum(summary, ({ cost_usd = "" }) => parseUsd(cost_usd)));
    }),
    { numRuns: 40 },
  );
});
