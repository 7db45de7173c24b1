import type { ProviderKey } from "../lambda/core/ports.ts";

/** One machine's provider keys: its environment, `OPENAI_API_KEY` and the like. The twin of the secret in AWS. */
export function providerKeysFromEnvironment(environment = process.env): (apiKeyEnv: string) => ProviderKey {
  return (apiKeyEnv) => {
    const get = async (): Promise<string | undefined> => environment[apiKeyEnv]?.trim() || undefined;
    return { get, refresh: get };
  };
}
