import { createHash, randomBytes } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { type ApiKey, formatKey } from "../../lambda/core/keys.ts";
import type { KeyFinder } from "../../lambda/core/ports.ts";
import { authenticate, cachedKeyFinder } from "../../lambda/gateway/authenticate.ts";

const NOW_MS = Date.UTC(2026, 10, 23);

/** A table of keys that counts how often it is asked. */
function tableOf(...rows: ApiKey[]) {
  const keys = new Map(rows.map((row) => [row.keyHash, row]));
  const asked: string[] = [];
  const finder: KeyFinder = {
    async findByHash(keyHash) {
      asked.push(keyHash);
      return keys.get(keyHash);
    },
  };
  return { keys, asked, finder };
}

function storedKey(secret: string, changes: Partial<ApiKey> = {}): ApiKey {
  return {
    keyHash: createHash("sha256").update(secret).digest("hex"),
    keyId: "key_1",
    accountId: "acct_1",
    name: "test",
    last4: secret.slice(-4),
    createdAt: "2026-01-01T00:00:00.000Z",
    status: "active",
    ...changes,
  };
}

const SECRET = formatKey(randomBytes(32));

describe("a header", () => {
  const { finder } = tableOf(storedKey(SECRET));

  test.each([`Bearer ${SECRET}`, `bearer ${SECRET}`, `BEARER   ${SECRET}  `])(
    "is understood: %.9s…",
    async (header) => {
      expect(await authenticate(header, finder, NOW_MS)).toMatchObject({ keyId: "key_1" });
    },
  );

  test.each([null, "", "Bearer", SECRET, `Basic ${SECRET}`, `Bearer ${SECRET} more`])(
    "without a bearer's key is refused (%#)",
    async (header) => {
      await expect(authenticate(header, finder, NOW_MS)).rejects.toMatchObject({ code: "invalid_api_key" });
    },
  );
});

describe("a key", () => {
  test("that is malformed is refused without a lookup", async () => {
    const { finder, asked } = tableOf();
    for (const key of [
      "sk-1",
      SECRET.slice(1),
      `${SECRET}x`,
      SECRET.replace(/.$/, SECRET.endsWith("A") ? "B" : "A"),
    ]) {
      await expect(authenticate(`Bearer ${key}`, finder, NOW_MS)).rejects.toMatchObject({
        code: "invalid_api_key",
      });
    }
    expect(asked).toEqual([]);
  });

  test("is looked up by its hash, never by itself", async () => {
    const { finder, asked } = tableOf(storedKey(SECRET));
    await authenticate(`Bearer ${SECRET}`, finder, NOW_MS);
    expect(asked).toEqual([createHash("sha256").update(SECRET).digest("hex")]);
  });

  test.each<[string, Partial<ApiKey>, boolean]>([
    ["revoked", { status: "revoked" }, false],
    ["expired this moment", { expiresAt: new Date(NOW_MS).toISOString() }, false],
    ["expiring in a millisecond", { expiresAt: new Date(NOW_MS + 1).toISOString() }, true],
  ])("that is %s", async (_, changes, works) => {
    const { finder } = tableOf(storedKey(SECRET, changes));
    const key = authenticate(`Bearer ${SECRET}`, finder, NOW_MS);
    if (works) expect((await key).keyId).toBe("key_1");
    else await expect(key).rejects.toMatchObject({ code: "invalid_api_key" });
  });
});

describe("the memory of keys", () => {
  let nowMs = NOW_MS;
  beforeEach(() => {
    nowMs = NOW_MS;
  });

  test("lasts a minute, and not a moment longer", async () => {
    const { finder, asked } = tableOf(storedKey(SECRET));
    const cached = cachedKeyFinder(finder, () => nowMs);
    const { keyHash } = storedKey(SECRET);
    await cached.findByHash(keyHash);
    nowMs += 59_999;
    expect(await cached.findByHash(keyHash)).toMatchObject({ keyId: "key_1" });
    expect(asked).toHaveLength(1);
    nowMs += 1;
    await cached.findByHash(keyHash);
    expect(asked).toHaveLength(2);
  });

  test("forgets a key that is gone when the minute is over", async () => {
    const { finder, keys } = tableOf(storedKey(SECRET));
    const cached = cachedKeyFinder(finder, () => nowMs);
    const { keyHash } = storedKey(SECRET);
    await cached.findByHash(keyHash);
    keys.clear();
    nowMs += 60_000;
    expect(await cached.findByHash(keyHash)).toBeUndefined();
  });

  test("does not hold unknown keys, so that a new one works at once", async () => {
    const { finder, keys } = tableOf();
    const cached = cachedKeyFinder(finder, () => nowMs);
    const stored = storedKey(SECRET);
    expect(await cached.findByHash(stored.keyHash)).toBeUndefined();
    keys.set(stored.keyHash, stored);
    expect(await cached.findByHash(stored.keyHash)).toBe(stored);
  });

  test("does not hold a failure either", async () => {
    let calls = 0;
    const cached = cachedKeyFinder(
      {
        async findByHash() {
          calls += 1;
          if (calls === 1) throw new Error("the table cannot be reached");
          return storedKey(SECRET);
        },
      },
      () => nowMs,
    );
    await expect(cached.findByHash("h")).rejects.toThrow();
    expect(await cached.findByHash("h")).toMatchObject({ keyId: "key_1" });
  });

  test("holds 10,000 keys, the oldest giving way", async () => {
    const rows = Array.from({ length: 10_001 }, (_, i) => ({ ...storedKey(SECRET), keyHash: `hash${i}` }));
    const { finder, asked } = tableOf(...rows);
    const cached = cachedKeyFinder(finder, () => nowMs);
    for (const { keyHash } of rows) await cached.findByHash(keyHash);
    await cached.findByHash("hash10000");
    await cached.findByHash("hash1");
    expect(asked).toHaveLength(10_001);
    await cached.findByHash("hash0");
    expect(asked).toHaveLength(10_002);
  });
});
