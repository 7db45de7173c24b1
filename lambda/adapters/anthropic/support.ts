import { type ClaudeTraits, claudeTraits } from "../../core/translate/claude.ts";
import { type Cell, ignored, refused, type Support, sent } from "../../core/translate/support.ts";

const NO_EFFECT = ignored("it changes nothing in an answer");

/** What the Messages API can be asked for, by model. https://docs.claude.com/en/api/messages */
export function anthropicSupport(model: string): Support {
  const traits = claudeTraits(model);
  const sampling = samplingCell(traits);
  const reasoning = reasoningCell(traits);
  return {
    provider: "Anthropic",
    fields: {
      temperature: sampling("`temperature`, up to 1"),
      top_p: sampling("`top_p`"),
      top_k: sampling("`top_k`"),
      stop: sent("`stop_sequences`"),
      seed: refused(""),
      n: refused("one answer a request"),
      logprobs: refused(""),
      top_logprobs: refused(""),
      logit_bias: refused(""),
      frequency_penalty: refused(""),
      presence_penalty: refused(""),
      tools: sent("`tools`"),
      tool_choice: sent("`tool_choice`"),
      parallel_tool_calls: sent("`disable_parallel_tool_use`"),
      functions: refused("use tools"),
      function_call: refused("use tool_choice"),
      response_format: sent("`output_config.format`, or a forced tool"),
      reasoning_effort: reasoning,
      reasoning,
      thinking: reasoning,
      verbosity: refused(""),
      modalities: refused("it answers in text"),
      audio: refused("it answers in text"),
      prediction: refused(""),
      cache_control: sent("`cache_control`"),
      "messages[].cache_control": sent("`cache_control`"),
      "messages[].name": refused(""),
      "tools[].strict": traits.hasNativeSchema ? sent("`strict`") : refused("this model has no strict tools"),
      user: sent("`metadata.user_id`"),
      safety_identifier: sent("`metadata.user_id`"),
      prompt_cache_key: NO_EFFECT,
      prompt_cache_retention: refused("use cache_control"),
      metadata: ignored("it is OpenAI's, for its own dashboard"),
      store: refused("nothing is stored"),
    },
    content: {
      "image by data URI": sent("base64 image"),
      "image by URL": sent("image by URL"),
      "file by data URI": sent("document: PDF, plain text"),
      "file by URL": sent("document by URL: PDF"),
      "file by file_id": refused("files are OpenAI's"),
      input_audio: refused(""),
      "image in a tool's result": sent("image in `tool_result`"),
      "custom tool": refused("only functions"),
    },
  };
}

function samplingCell({ takesSampling }: ClaudeTraits): (as: string) => Cell {
  return (as) => (takesSampling ? sent(as) : refused("this model takes no sampling parameters"));
}

function reasoningCell({ thinking }: ClaudeTraits): Cell {
  if (thinking === "none") return refused("this model does not reason");
  return sent(thinking === "budget" ? "`thinking.budget_tokens`" : "`thinking`, `output_config.effort`");
}
