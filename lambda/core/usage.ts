/**
 * Tokens of one request by kind. The input kinds are disjoint: `inputTokens` excludes cache reads and writes.
 * The others are parts of these four, which may be priced apart: audio of the input and of the cache reads, the cache
 * writes that are kept for an hour, and of the output reasoning, audio and images, which exclude each other.
 */
export interface Usage {
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  readonly audioInputTokens: number;
  readonly audioOutputTokens: number;
  readonly audioCacheReadTokens: number;
  readonly cacheWrite1hTokens: number;
  readonly imageOutputTokens: number;
}

export const NO_USAGE: Usage = {
  inputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  audioInputTokens: 0,
  audioOutputTokens: 0,
  audioCacheReadTokens: 0,
  cacheWrite1hTokens: 0,
  imageOutputTokens: 0,
};

/** All that went in, however it is billed: what a price tier's threshold is compared with. */
export function totalInputTokens(usage: Usage): number {
  return usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens;
}

/** Text that the model answered with, beside what it thought, spoke and drew. */
export function textOutputTokens(usage: Usage): number {
  return usage.outputTokens - usage.reasoningTokens - usage.audioOutputTokens - usage.imageOutputTokens;
}

/** False for counts that no provider can mean: negative, fractional, not a number, or parts larger than their whole. */
export function isPlausible(usage: Usage): boolean {
  return (
    Object.values(usage).every((count) => Number.isSafeInteger(count) && count >= 0) &&
    usage.audioInputTokens <= usage.inputTokens &&
    usage.audioCacheReadTokens <= usage.cacheReadTokens &&
    usage.cacheWrite1hTokens <= usage.cacheWriteTokens &&
    textOutputTokens(usage) >= 0
  );
}
