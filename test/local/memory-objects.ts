import type { ObjectStore } from "../../lambda/core/ports.ts";

/** A bucket in memory that may be told to fail. */
export function memoryObjects() {
  const objects = new Map<string, Uint8Array>();
  const bucket = {
    objects,
    isDown: false,
    async put(key, body) {
      if (bucket.isDown) throw new Error("the bucket does not answer");
      objects.set(key, body);
    },
    get: async (key) => objects.get(key),
    async *list(prefix) {
      for (const key of [...objects.keys()].sort()) {
        if (key.startsWith(prefix)) yield { key, sizeBytes: objects.get(key)?.byteLength ?? 0 };
      }
    },
  } satisfies ObjectStore & { objects: Map<string, Uint8Array>; isDown: boolean };
  return bucket;
}
