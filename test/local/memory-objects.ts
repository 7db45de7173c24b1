import type { ObjectStore } from "../../lambda/core/ports.ts";

export interface MemoryObjects extends ObjectStore {
  readonly objects: Map<string, Uint8Array>;
  isDown: boolean;
  /** Something that happens, once, while an object is being put. */
  beforePut?: (() => Promise<void>) | undefined;
}

/** A bucket in memory that may be told to fail. */
export function memoryObjects(): MemoryObjects {
  const objects = new Map<string, Uint8Array>();
  const bucket: MemoryObjects = {
    objects,
    isDown: false,
    async put(key, body) {
      const { beforePut } = bucket;
      bucket.beforePut = undefined;
      await beforePut?.();
      if (bucket.isDown) throw new Error("the bucket does not answer");
      objects.set(key, body);
    },
    get: async (key) => objects.get(key),
    async *list(prefix) {
      for (const key of [...objects.keys()].sort()) {
        if (key.startsWith(prefix)) yield { key, sizeBytes: objects.get(key)?.byteLength ?? 0 };
      }
    },
  };
  return bucket;
}
