import { type ClaudeTraits, claudeTraits } from "../../core/translate/claude.ts";

/** What differs between the models that Converse reaches, read from a model's or an inference profile's id. */
export interface Family {
  readonly name: "Claude" | "Nova" | "Mistral" | "Llama" | "gpt-oss" | "other models";
  readonly claude: ClaudeTraits | undefined;
  readonly reasoning: "claude" | "nova" | "gpt-oss" | "none";
  /** Where its top_k goes, which Converse has no member for. */
  readonly topK: "top_k" | "inferenceConfig.topK" | undefined;
  readonly takesForcedTool: boolean;
  readonly hasCachePoints: boolean;
  /** Keeps to a schema by itself, reliably. */
  readonly hasNativeSchema: boolean;
}

const OTHERS: Family = {
  name: "other models",
  claude: undefined,
  reasoning: "none",
  topK: undefined,
  takesForcedTool: true,
  hasCachePoints: false,
  hasNativeSchema: false,
};

/** @param model `us.anthropic.claude-…`, `amazon.nova-…`, or an ARN that ends in one */
export function familyOf(model: string): Family {
  if (/claude/.test(model)) return claudeFamily(model);
  if (/nova/.test(model)) {
    return {
      ...OTHERS,
      name: "Nova",
      reasoning: /nova-2/.test(model) ? "nova" : "none",
      topK: "inferenceConfig.topK",
      hasCachePoints: true,
    };
  }
  if (/mistral\.|mixtral|pixtral|ministral|magistral/.test(model))
    return { ...OTHERS, name: "Mistral", topK: "top_k" };
  if (/meta\.|llama/.test(model)) return { ...OTHERS, name: "Llama", takesForcedTool: false };
  if (/gpt-oss/.test(model)) return { ...OTHERS, name: "gpt-oss", reasoning: "gpt-oss" };
  return OTHERS;
}

/**
 * Bedrock checks requests against a schema of its own, which has not all of what Anthropic takes (the AI SDK keeps the
 * same list: bedrock-anthropic-model-support.ts, Apache-2.0).
 */
const NO_NATIVE_SCHEMA = /claude-(?:opus-4-[78]|opus-5|fable-5|sonnet-5|sonnet-4-6|haiku-4-5|opus-4-1)/;

function claudeFamily(model: string): Family {
  const claude = claudeTraits(model);
  return {
    ...OTHERS,
    name: "Claude",
    claude,
    reasoning: claude.thinking === "none" ? "none" : "claude",
    topK: claude.takesSampling ? "top_k" : undefined,
    takesForcedTool: claude.takesForcedTool,
    hasCachePoints: true,
    hasNativeSchema: claude.hasNativeSchema && !NO_NATIVE_SCHEMA.test(model),
  };
}
