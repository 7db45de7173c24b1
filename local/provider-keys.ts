import type { ProviderKey } from "../lambda/core/ports.ts";

/** One machine's provider keys: its environment, `OPENAI_API_KEY` and the like. */
export function environmentKey(apiKeyEnv: string, environment = process.env): ProviderKey {
  const get = async (): Promise<string | undefined> => environment[apiKeyEnv]?.trim() || undefined;
  return { get, refresh: get };
}
