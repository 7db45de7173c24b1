import fc from "fast-check";
import { expect, test } from "vitest";
import { formatKey, isWellFormedKey, KEY_PREFIX } from "../../lambda/core/keys.ts";

const random32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

test("Any 32 bytes give a key of 43 base62 characters and 6 of checksum that is well-formed.", () => {
  fc.assert(
    fc.property(random32, (bytes) => {
      const key = formatKey(bytes);
      expect(key).toMatch(/^wlrouter_[0-9A-Za-z]{49}$/);
      expect(isWellFormedKey(key)).toBe(true);
    }),
  );
  for (const byte of [0, 255]) expect(isWellFormedKey(formatKey(new Uint8Array(32).fill(byte)))).toBe(true);
});

test("Different bytes give different keys.", () => {
  fc.assert(
    fc.property(random32, random32, (one, other) => {
      expect(formatKey(one) === formatKey(other)).toBe(Buffer.compare(one, other) === 0);
    }),
  );
});

test("A key with any one character changed is refused.", () => {
  const key = formatKey(new Uint8Array(32).map((_, index) => (index * 37 + 11) % 256));
  for (let place = 0; place < key.length; place++) {
    for (const other of [...BASE62, "_", "-", " ", "é"]) {
      if (other === key[place]) continue;
      expect(isWellFormedKey(key.slice(0, place) + other + key.slice(place + 1))).toBe(false);
    }
  }
});

test("A key with one character changed, dropped, doubled or swapped with its neighbour is refused, whatever the key.", () => {
  fc.assert(
    fc.property(random32, fc.nat(48), fc.constantFrom(...BASE62), (bytes, offset, other) => {
      const key = formatKey(bytes);
      const place = KEY_PREFIX.length + offset;
      const [before, char, after] = [key.slice(0, place), key.charAt(place), key.slice(place + 1)];
      const wrong = [before + after, before + char + char + after];
      if (other !== char) wrong.push(before + other + after);
      if (after && after.charAt(0) !== char) wrong.push(before + after.charAt(0) + char + after.slice(1));
      for (const text of wrong) expect(isWellFormedKey(text)).toBe(false);
    }),
    { numRuns: 1_000 },
  );
});

test.each(["", "wlrouter_", "sk-proj-abc", `wlrouter_${"0".repeat(49)}`, "wlrouter_\n", "a".repeat(100_000)])(
  "What is not a key is refused (%#).",
  (text) => {
    expect(isWellFormedKey(text)).toBe(false);
  },
);

test("Spaces around a key are not part of it.", () => {
  const key = formatKey(new Uint8Array(32));
  for (const text of [` ${key}`, `${key} `, `${key}\n`]) expect(isWellFormedKey(text)).toBe(false);
});
