import type { Adapter, AdapterPayload } from "oidc-provider";

interface Kept {
  readonly payload: AdapterPayload;
  readonly expiresAtMs: number;
}

/** What the embedded issuer remembers of sessions and codes: until it stops, which on one machine is long enough. */
export function issuerMemory(): new (model: string) => Adapter {
  const kept = new Map<string, Kept>();
  const live = (found: Kept | undefined) =>
    found && found.expiresAtMs > Date.now() ? found.payload : undefined;
  const where = (matches: (payload: AdapterPayload) => boolean) =>
    [...kept.values()].find(({ payload }) => matches(payload));
  return class implements Adapter {
    readonly #model: string;

    constructor(model: string) {
      this.#model = model;
    }

    async upsert(id: string, payload: AdapterPayload, expiresInSeconds: number): Promise<void> {
      kept.set(`${this.#model} ${id}`, { payload, expiresAtMs: Date.now() + expiresInSeconds * 1_000 });
    }

    async find(id: string): Promise<AdapterPayload | undefined> {
      return live(kept.get(`${this.#model} ${id}`));
    }

    async findByUid(uid: string): Promise<AdapterPayload | undefined> {
      return live(where((payload) => payload.uid === uid));
    }

    async findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
      return live(where((payload) => payload.userCode === userCode));
    }

    async consume(id: string): Promise<void> {
      const found = kept.get(`${this.#model} ${id}`);
      if (found) found.payload.consumed = Math.floor(Date.now() / 1_000);
    }

    async destroy(id: string): Promise<void> {
      kept.delete(`${this.#model} ${id}`);
    }

    async revokeByGrantId(grantId: string): Promise<void> {
      for (const [name, { payload }] of kept) if (payload.grantId === grantId) kept.delete(name);
    }
  };
}
