/**
 * Tokens of one request by kind. The input kinds are disjoint: `inputTokens` excludes cache reads and writes.
 * Reasoning is a part of output; audio tokens are a part of their side (they may be priced apart).
 */
export interface Usage {
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  readonly audioInputTokens: number;
  readonly audioOutputTokens: number;
}

export const NO_USAGE: Usage = {
  inputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  audioInputTokens: 0,
  audioOutputTokens: 0,
};

/** All that went in, however it is billed: what a price tier's threshold is compared with. */
export function totalInputTokens(usage: Usage): number {
  return usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens;
}

/** Counts that no provider can mean: negative, fractional, not a number, or a part larger than its whole. */
export function isPlausible(usage: Usage): boolean {
  return (
    Object.values(usage).every((count) => Number.isSafeInteger(count) && count >= 0) &&
    usage.reasoningTokens <= usage.outputTokens &&
    usage.audioInputTokens <= usage.inputTokens &&
    usage.audioOutputTokens <= usage.outputTokens
  );
}
