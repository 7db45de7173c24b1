import type { Catalog, ProviderSettings } from "../core/catalog.ts";
import type { Provider, ProviderKey, Providers } from "../core/ports.ts";

const NO_KEY: ProviderKey = { get: async () => undefined, refresh: async () => undefined };

/** The catalog's providers, each made when it is first used. One without the key it needs is not there. */
export function createProviders(
  catalog: Catalog,
  keyNamed: (apiKeyEnv: string) => ProviderKey,
  make: (settings: ProviderSettings, apiKey: ProviderKey) => Provider,
): Providers {
  const made = new Map<string, Provider>();
  return {
    async get(name) {
      const settings = catalog.providers.get(name);
      if (!settings) return undefined;
      const apiKey = settings.apiKeyEnv === undefined ? NO_KEY : keyNamed(settings.apiKeyEnv);
      if (settings.apiKeyEnv !== undefined && !(await apiKey.get())) return undefined;
      const provider = made.get(name) ?? make(settings, apiKey);
      made.set(name, provider);
      return provider;
    },
  };
}
