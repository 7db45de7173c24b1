import type { Catalog, ProviderSettings } from "../core/catalog.ts";
import type { AwsProviderOptions, AwsSigner, Provider, ProviderKey, Providers } from "../core/ports.ts";
import type { Connect } from "../core/upstream/upstream.ts";

const NO_KEY: ProviderKey = { get: async () => undefined, refresh: async () => undefined };

type SettingsOf<Kind extends ProviderSettings["kind"]> = Extract<ProviderSettings, { kind: Kind }>;

/** Loads the adapter of each kind when its first provider is used: a start must not pay for those that are not. */
export type ProviderKinds = {
  readonly [Kind in ProviderSettings["kind"]]: () => Promise<
    (options: AwsProviderOptions<SettingsOf<Kind>>) => Provider
  >;
};

export interface ProviderTools {
  readonly kinds: ProviderKinds;
  readonly keyNamed: (apiKeyEnv: string) => ProviderKey;
  readonly connect: Connect;
  readonly signer: AwsSigner;
}

/** The catalog's providers, each made when it is first used. One without the key it needs is not there. */
export function createProviders(catalog: Catalog, tools: ProviderTools): Providers {
  const made = new Map<string, Promise<Provider>>();
  return {
    async get(name) {
      const settings = catalog.providers.get(name);
      if (!settings) return undefined;
      const apiKey = settings.apiKeyEnv === undefined ? NO_KEY : tools.keyNamed(settings.apiKeyEnv);
      if (settings.apiKeyEnv !== undefined && !(await apiKey.get())) return undefined;
      const provider = made.get(name) ?? make(settings, apiKey, tools);
      made.set(name, provider);
      return provider;
    },
  };
}

async function make(
  settings: ProviderSettings,
  apiKey: ProviderKey,
  { kinds, connect, signer }: ProviderTools,
): Promise<Provider> {
  switch (settings.kind) {
    case "openai-compatible":
      return (await kinds[settings.kind]())({ settings, apiKey, connect, signer });
    case "anthropic":
      return (await kinds[settings.kind]())({ settings, apiKey, connect, signer });
    case "bedrock":
      return (await kinds[settings.kind]())({ settings, apiKey, connect, signer });
    case "gemini":
      return (await kinds[settings.kind]())({ settings, apiKey, connect, signer });
    case "cohere":
      return (await kinds[settings.kind]())({ settings, apiKey, connect, signer });
  }
}
