import fc from "fast-check";
import type { Entry, EntryType, Outcome } from "../../lambda/core/charge.ts";
import type { MemoryLedger } from "./memory-world.ts";

/** Around the ends of October, November and their days, to the millisecond. */
const INSTANTS = [
  "2026-09-15T12:00:00.000Z",
  "2026-10-31T23:59:59.999Z",
  "2026-11-01T00:00:00.000Z",
  "2026-11-01T23:59:59.999Z",
  "2026-11-02T00:00:00.000Z",
  "2026-11-15T07:00:00.123Z",
  "2026-11-30T23:59:59.999Z",
  "2026-12-01T00:00:00.000Z",
];

const count = fc.nat(1_000_000);
const outcomes: Outcome[] = ["completed", "failed", "broken", "suspense", "expired", "aborted"];
const types: EntryType[] = ["charge", "charge", "charge", "topup", "refund", "adjustment", "late"];

const charge = fc.record({
  keyId: fc.constantFrom("key_a", "key_b"),
  model: fc.constantFrom("gpt-4.1-mini", "@cf/meta/llama", 'odd, "model"'),
  provider: fc.constantFrom("openai", "azure", ""),
  outcome: fc.constantFrom(...outcomes),
  usage: fc.record({
    inputTokens: count,
    cacheReadTokens: count,
    cacheWriteTokens: count,
    outputTokens: count,
    reasoningTokens: count,
    audioInputTokens: count,
    audioOutputTokens: count,
    audioCacheReadTokens: count,
    cacheWrite1hTokens: count,
    imageOutputTokens: count,
  }),
});

/** An entry without its ids. */
const entry = fc.record({
  type: fc.constantFrom(...types),
  picoUsd: fc.bigInt(-(10n ** 15n), 10n ** 15n),
  writeOffPicoUsd: fc.oneof(fc.constant(0n), fc.bigInt(0n, 10n ** 12n)),
  feePicoUsd: fc.bigInt(-(10n ** 12n), 10n ** 12n),
  createdAt: fc.constantFrom(...INSTANTS),
  charge,
  /** In the ledger, in the outbox, or on its way from one to the other. */
  place: fc.constantFrom("ledger", "ledger", "outbox", "both"),
});

/** Names that a CSV has to quote, of letters of any alphabet. Spaces at the ends included. */
const name = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 20 }),
  fc.constantFrom('say "hi"', "a,b", "two\nlines", " spaces ", "\r\n"),
);

/** An account's ledger, all kinds of entries at the edges of days and months. */
export const memoryLedger: fc.Arbitrary<MemoryLedger> = fc
  .record({ entries: fc.array(entry, { maxLength: 40 }), names: fc.tuple(name, name) })
  .map(({ entries, names }) => {
    const all = entries.map((drawn, index) => ({ place: drawn.place, entry: entryOf(drawn, index) }));
    return {
      ledger: all.filter(({ place }) => place !== "outbox").map((one) => one.entry),
      outbox: all.filter(({ place }) => place !== "ledger").map((one) => one.entry),
      keys: [
        { keyId: "key_a", name: names[0] },
        { keyId: "key_b", name: names[1] },
      ],
    };
  });

type Drawn = typeof entry extends fc.Arbitrary<infer T> ? T : never;

function entryOf(drawnEntry: Drawn, index: number): Entry {
  const { type, picoUsd, writeOffPicoUsd, feePicoUsd, createdAt, charge: drawn } = drawnEntry;
  const isUsage = type === "charge" || type === "late";
  const magnitude = picoUsd < 0n ? -picoUsd : picoUsd;
  return {
    accountId: "acct_1",
    entryId: `${type}_${index}`,
    type,
    amountPicoUsd: isUsage ? -magnitude : picoUsd,
    writeOffPicoUsd,
    feePicoUsd: isUsage ? undefined : feePicoUsd,
    createdAt,
    charge: isUsage ? { ...drawn, ...FACTS, requestId: `${type}_${index}`, createdAt } : undefined,
  };
}

const FACTS = { estimated: false, catalogVersion: "v1", latencyMs: 1 };
