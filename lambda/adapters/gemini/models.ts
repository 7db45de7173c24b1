/** What Google's families of models differ in, by their names. https://ai.google.dev/gemini-api/docs/thinking */
export interface GeminiTraits {
  /** How thinking is measured: with a number of tokens (2.5), with a level (3 and later), or not at all. */
  readonly thinking: "none" | "budget" | "level";
  /** The range of a budget, and whether 0 turns thinking off. */
  readonly minimumBudgetTokens: number;
  readonly maximumBudgetTokens: number;
  readonly canTurnOff: boolean;
  /** Levels that the model knows, from little to much. */
  readonly levels: readonly Level[];
  /** A schema for the answer beside tools. */
  readonly hasSchemaBesideTools: boolean;
  /** Calls in the history must carry the signature of the thought that led to them. */
  readonly wantsSignatures: boolean;
}

export const LEVELS = ["minimal", "low", "medium", "high"] as const;
export type Level = (typeof LEVELS)[number];

const NO_THINKING: GeminiTraits = {
  thinking: "none",
  minimumBudgetTokens: 0,
  maximumBudgetTokens: 0,
  canTurnOff: true,
  levels: [],
  hasSchemaBesideTools: false,
  wantsSignatures: false,
};

const BUDGET: GeminiTraits = {
  ...NO_THINKING,
  thinking: "budget",
  minimumBudgetTokens: 1,
  maximumBudgetTokens: 24_576,
};

/** Families that are not known by name are taken for the newest. */
export function geminiTraits(model: string): GeminiTraits {
  const name = model.replace(/^.*\//, "");
  const [, version] = /^gemini-(?:flash-|pro-)?(\d+(?:\.\d+)?)/.exec(name) ?? [];
  const isPro = name.includes("pro");
  if (version !== undefined && Number(version) < 2.5) return NO_THINKING;
  if (version === "2.5") {
    if (isPro) return { ...BUDGET, minimumBudgetTokens: 128, maximumBudgetTokens: 32_768, canTurnOff: false };
    return name.includes("flash-lite") ? { ...BUDGET, minimumBudgetTokens: 512 } : BUDGET;
  }
  return {
    ...NO_THINKING,
    thinking: "level",
    canTurnOff: false,
    levels: isPro ? proLevels(version) : LEVELS,
    hasSchemaBesideTools: true,
    wantsSignatures: true,
  };
}

/** Gemini 3 Pro knew two levels, and later ones a third. */
function proLevels(version: string | undefined): readonly Level[] {
  return version === "3" ? ["low", "high"] : ["low", "medium", "high"];
}
