/** Differences that we know the reason of. One that explains nothing any more fails the check, so that none outlives it. */
export interface Explanation {
  readonly models: readonly string[];
  /** `genai-prices`, `models.dev`, or `no source`. */
  readonly source: string;
  /** The figures whose names hold this; absent: all. */
  readonly field?: string;
  readonly why: string;
}

export const EXPLAINED: readonly Explanation[] = [
  {
    models: ["deepseek-v4-flash", "deepseek-v4-pro"],
    source: "models.dev",
    field: "UsdPerMillion",
    why: "its list is older than the prices of 2026-08-17, which differ by the hour; ours is the dearest hour's",
  },
  {
    models: ["mistral-large-latest", "mistral-small-latest"],
    source: "genai-prices",
    field: "UsdPerMillion",
    why: "it has the price of the model that the alias stood for before; models.dev has today's",
  },
  {
    models: [
      "global.anthropic.claude-opus-4-7",
      "global.anthropic.claude-opus-4-5-20251101-v1:0",
      "global.anthropic.claude-sonnet-4-5-20250929-v1:0",
      "global.anthropic.claude-haiku-4-5-20251001-v1:0",
    ],
    source: "no source",
    field: "cacheWrite1hUsdPerMillion",
    why: "twice the input, as at Anthropic; genai-prices states it on Bedrock for newer models only",
  },
];
