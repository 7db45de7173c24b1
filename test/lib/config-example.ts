/** The documentation's example, and ways to load it and variations of it. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { ConfigError, loadConfig, type WlrouterConfig } from "../../lib/config.ts";

/** The example of the documentation, as an operator would write it in JSON. */
export const EXAMPLE = {
  billing: { minimumTopUpUsd: "10", serviceFeePercent: "5" },
  providers: {
    openai: {
      kind: "openai-compatible",
      baseUrl: "https://api.openai.com/v1",
      apiKeyEnv: "OPENAI_API_KEY",
      outputCapParameter: "max_completion_tokens",
      streamUsage: "request",
    },
  },
  models: [
    {
      id: "gpt-4.1-mini",
      ownedBy: "openai",
      contextWindow: 1047576,
      maxOutputTokens: 32768,
      inputModalities: ["text", "image"],
      outputModalities: ["text"],
      prices: { inputUsdPerMillion: "0.40", outputUsdPerMillion: "1.60", cacheReadUsdPerMillion: "0.10" },
      routes: [{ provider: "openai", model: "gpt-4.1-mini" }],
    },
  ],
} satisfies WlrouterConfig;

let files = 0;

/** Writes a file into a folder that is gone when the test is over. @returns its path. */
export async function write(text: string, extension = "json"): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "wlrouter-config-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, `config-${++files}.${extension}`);
  await writeFile(path, text);
  return path;
}

export async function load(config: unknown) {
  return loadConfig(await write(JSON.stringify(config)));
}

/** The problems that loading reports, one a line, without the file's name that each starts with. */
export async function problemsOf(config: unknown): Promise<string[]> {
  const path = await write(JSON.stringify(config));
  const error: unknown = await loadConfig(path).catch((reason: unknown) => reason);
  if (!(error instanceof ConfigError)) throw new Error("the configuration was accepted", { cause: error });
  return error.message.split("\n").map((line) => {
    expect(line.startsWith(`${path}: `)).toBe(true);
    return line.slice(path.length + 2);
  });
}

/** The example with the value at a path replaced (or, with undefined, taken away). */
export function changed(path: (string | number)[], value: unknown): unknown {
  const config: unknown = structuredClone(EXAMPLE);
  const parent = path.slice(0, -1).reduce((object, step) => Reflect.get(Object(object), step), config);
  Reflect.set(Object(parent), path.at(-1) ?? "", value);
  return config;
}

export const model = (...field: (string | number)[]) => ["models", 0, ...field];
export const openai = (...field: string[]) => ["providers", "openai", ...field];

/** Price tiers above these thresholds. */
export const tiers = (...thresholds: number[]) =>
  thresholds.map((aboveInputTokens) => ({
    aboveInputTokens,
    inputUsdPerMillion: "1",
    outputUsdPerMillion: "2",
  }));
