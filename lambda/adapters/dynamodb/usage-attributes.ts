import type { Usage } from "../../core/usage.ts";
import { number, readCount } from "./attributes.ts";
import type { AttributeValue, Item } from "./store.ts";

/** The four kinds and reasoning by their names; rarer parts by short ones, since an attribute's name is stored too. */
const NAMES = {
  inputTokens: "inputTokens",
  cacheReadTokens: "cacheReadTokens",
  cacheWriteTokens: "cacheWriteTokens",
  outputTokens: "outputTokens",
  reasoningTokens: "reasoningTokens",
  audioInputTokens: "audioIn",
  audioOutputTokens: "audioOut",
  audioCacheReadTokens: "audioCached",
  cacheWrite1hTokens: "written1h",
  imageOutputTokens: "imageOut",
} as const satisfies Record<keyof Usage, string>;

/** Kinds that were not used are left out. */
export function usageAttributes(usage: Usage): Record<string, AttributeValue> {
  const kinds = Object.keys(NAMES) as (keyof Usage)[];
  return Object.fromEntries(
    kinds.filter((kind) => usage[kind] !== 0).map((kind) => [NAMES[kind], number(BigInt(usage[kind]))]),
  );
}

export function readUsageAttributes(item: Item): Usage {
  return {
    inputTokens: readCount(item, NAMES.inputTokens),
    cacheReadTokens: readCount(item, NAMES.cacheReadTokens),
    cacheWriteTokens: readCount(item, NAMES.cacheWriteTokens),
    outputTokens: readCount(item, NAMES.outputTokens),
    reasoningTokens: readCount(item, NAMES.reasoningTokens),
    audioInputTokens: readCount(item, NAMES.audioInputTokens),
    audioOutputTokens: readCount(item, NAMES.audioOutputTokens),
    audioCacheReadTokens: readCount(item, NAMES.audioCacheReadTokens),
    cacheWrite1hTokens: readCount(item, NAMES.cacheWrite1hTokens),
    imageOutputTokens: readCount(item, NAMES.imageOutputTokens),
  };
}
