import { isStream, type Recording } from "../fakes/recordings.ts";

/** Pico-USD per token, as written in the model of these tests: no two alike, so that none can pass for another. */
const PICO_PER_TOKEN = {
  input: 400_000n,
  output: 1_600_000n,
  cacheRead: 100_000n,
  cacheWrite: 500_000n,
  audioInput: 10_000_000n,
  audioOutput: 20_000_000n,
};

/** The same in the words of a configuration. */
export const PRICES = {
  inputUsdPerMillion: "0.40",
  outputUsdPerMillion: "1.60",
  cacheReadUsdPerMillion: "0.10",
  cacheWriteUsdPerMillion: "0.50",
  audioInputUsdPerMillion: "10",
  audioOutputUsdPerMillion: "20",
};

/** JSON whose shape nobody has checked. */
export type Json = Readonly<Record<string, unknown>>;

/** A stream's chunks, or the one body of a whole answer; comments and `[DONE]` are no chunks. */
export function recordedChunks({ responseBytes, ...recording }: Recording): Json[] {
  const text = responseBytes.toString();
  if (!isStream({ responseBytes, ...recording })) return [JSON.parse(text)];
  const events = [...text.matchAll(/^data: ?(.*)$/gm)].map(([, data]) => data ?? "");
  return events.filter((data) => data.trim() !== "[DONE]").map((data) => JSON.parse(data));
}

/** The last usage a recording states: some providers repeat it, growing. */
export function recordedUsage(recording: Recording): Json | undefined {
  return recordedChunks(recording)
    .map(statedUsage)
    .findLast((usage) => usage !== undefined);
}

/** In its place, or where Groq (`x_groq`) and Moonshot (the first choice) have put it. */
export function statedUsage({ usage, x_groq, choices }: Json): Json | undefined {
  const choice = Array.isArray(choices) ? record(choices[0]) : undefined;
  return record(usage) ?? record(record(x_groq)?.["usage"]) ?? record(choice?.["usage"]);
}

/**
 * Tokens times price, from the recorded JSON and by nothing of ours. What went in is disjoint: read from the cache,
 * written to it, heard, and the rest; what is not of the prompt came out, wherever a provider counts its reasoning.
 */
export function recordedCostPicoUsd(usage: Json): bigint {
  const input = record(usage["prompt_tokens_details"]) ?? {};
  const output = record(usage["completion_tokens_details"]) ?? {};
  const prompt = tokens(usage["prompt_tokens"]);
  const cacheRead = tokens(
    input["cached_tokens"] ?? usage["prompt_cache_hit_tokens"] ?? usage["cached_tokens"],
  );
  const stated = tokens(input["cache_write_tokens"]);
  // OpenRouter can state Gemini's cached tokens as written as well: no prompt has them twice.
  const cacheWrite = cacheRead + stated > prompt ? 0n : stated;
  const audioInput = tokens(input["audio_tokens"]);
  const audioOutput = tokens(output["audio_tokens"]);
  const completion = tokens(usage["total_tokens"]) - prompt;
  return (
    (prompt - cacheRead - cacheWrite - audioInput) * PICO_PER_TOKEN.input +
    cacheRead * PICO_PER_TOKEN.cacheRead +
    cacheWrite * PICO_PER_TOKEN.cacheWrite +
    audioInput * PICO_PER_TOKEN.audioInput +
    (completion - audioOutput) * PICO_PER_TOKEN.output +
    audioOutput * PICO_PER_TOKEN.audioOutput
  );
}

/** A decimal string in USD as pico-USD, without our own reader of money. */
export function picoUsd(usd: unknown): bigint {
  const [, sign, whole, fraction] = /^(-?)(\d+)\.(\d{2,12})$/.exec(String(usd)) ?? [];
  if (whole === undefined || fraction === undefined) throw new Error(`not an amount: ${usd}`);
  return BigInt(`${sign}${whole}${fraction.padEnd(12, "0")}`);
}

export function record(value: unknown): Json | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : undefined;
}

function tokens(count: unknown): bigint {
  return BigInt(typeof count === "number" ? count : 0);
}
