import { type Cell, ignored, refused, type Support, sent } from "../../core/translate/support.ts";
import { type Family, familyOf } from "./families.ts";

const NO_EFFECT = ignored("it changes nothing in an answer");

/** What Converse can be asked for, by model. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html */
export function bedrockSupport(model: string): Support {
  const family = familyOf(model);
  const reasoning = reasoningCell(family);
  const caching = family.hasCachePoints ? sent("`cachePoint`") : refused("this model has no prompt cache");
  return {
    provider: `Amazon Bedrock (${family.name})`,
    fields: {
      temperature: samplingCell(family, "`inferenceConfig.temperature`"),
      top_p: samplingCell(family, "`inferenceConfig.topP`"),
      top_k: family.topK ? sent(`\`${family.topK}\``) : refused("this model has none"),
      stop: sent("`inferenceConfig.stopSequences`"),
      seed: refused(""),
      n: refused("one answer a request"),
      logprobs: refused(""),
      top_logprobs: refused(""),
      logit_bias: refused(""),
      frequency_penalty: refused(""),
      presence_penalty: refused(""),
      tools: sent("`toolConfig.tools`"),
      tool_choice: sent("`toolConfig.toolChoice`"),
      parallel_tool_calls: family.claude
        ? sent("`disable_parallel_tool_use`")
        : refused("this model has no such setting"),
      functions: refused("use tools"),
      function_call: refused("use tool_choice"),
      response_format: formatCell(family),
      reasoning_effort: reasoning,
      reasoning,
      thinking: reasoning,
      verbosity: refused(""),
      modalities: refused("it answers in text"),
      audio: refused("it answers in text"),
      prediction: refused(""),
      cache_control: caching,
      "messages[].cache_control": caching,
      "messages[].name": refused(""),
      "tools[].strict": family.hasNativeSchema ? sent("`strict`") : refused("this model has no strict tools"),
      user: NO_EFFECT,
      safety_identifier: NO_EFFECT,
      prompt_cache_key: NO_EFFECT,
      prompt_cache_retention: refused("use cache_control"),
      metadata: ignored("it is OpenAI's, for its own dashboard"),
      store: refused("nothing is stored"),
    },
    content: {
      "image by data URI": sent("image block"),
      "image by URL": refused("it fetches nothing: send the image itself"),
      "file by data URI": sent("document block: PDF, text, Word, Excel, HTML, CSV, Markdown"),
      "file by URL": refused("it fetches nothing: send the file itself"),
      "file by file_id": refused("files are OpenAI's"),
      input_audio: sent("audio block"),
      "image in a tool's result": sent("image in `toolResult`"),
      "custom tool": refused("only functions"),
    },
  };
}

function samplingCell({ claude }: Family, as: string): Cell {
  return claude && !claude.takesSampling ? refused("this model takes no sampling parameters") : sent(as);
}

function formatCell({ hasNativeSchema, takesForcedTool }: Family): Cell {
  if (hasNativeSchema) return sent("`output_config.format`, or a forced tool");
  return takesForcedTool ? sent("a forced tool") : refused("this model can be made to call no tool");
}

function reasoningCell({ reasoning, claude }: Family): Cell {
  switch (reasoning) {
    case "claude":
      return sent(
        claude?.thinking === "budget" ? "`thinking.budget_tokens`" : "`thinking`, `output_config.effort`",
      );
    case "nova":
      return sent("`reasoningConfig`, to medium");
    case "gpt-oss":
      return sent("`reasoning_effort`");
    case "none":
      return refused("this model takes no measure of reasoning");
  }
}
