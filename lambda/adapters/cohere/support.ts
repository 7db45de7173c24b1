import { type Cell, ignored, refused, type Support, sent } from "../../core/translate/support.ts";
import { commandTraits } from "./models.ts";

const NO_EFFECT = ignored("it changes nothing in an answer");
const NO_MARKS = ignored("its cache needs no marks");

/** What Cohere's Chat API can be asked for, by model. https://docs.cohere.com/reference/chat */
export function cohereSupport(model: string): Support {
  const { reasons, takesToolChoice } = commandTraits(model);
  const reasoning: Cell = reasons ? sent("`thinking.token_budget`") : refused("this model does not reason");
  return {
    provider: "Cohere",
    fields: {
      temperature: sent("`temperature`"),
      top_p: sent("`p`, 0.01 to 0.99"),
      top_k: sent("`k`, up to 500"),
      stop: sent("`stop_sequences`, up to five"),
      seed: sent("`seed`"),
      n: refused("one answer a request"),
      logprobs: sent("`logprobs`"),
      top_logprobs: refused("only the tokens that were chosen have one"),
      logit_bias: refused(""),
      frequency_penalty: sent("`frequency_penalty`, 0 to 1"),
      presence_penalty: sent("`presence_penalty`, 0 to 1"),
      tools: sent("`tools`"),
      tool_choice: sent(
        takesToolChoice ? "`tool_choice`" : "none and auto: this model cannot be made to call",
      ),
      parallel_tool_calls: refused("it decides how many calls it makes"),
      functions: refused("use tools"),
      function_call: refused("use tool_choice"),
      response_format: sent("`response_format`, not beside tools"),
      reasoning_effort: reasoning,
      reasoning,
      thinking: reasoning,
      verbosity: refused(""),
      modalities: refused("it answers in text"),
      audio: refused("it answers in text"),
      prediction: refused(""),
      cache_control: NO_MARKS,
      "messages[].cache_control": NO_MARKS,
      "messages[].name": refused(""),
      "tools[].strict": sent("`strict_tools`, for all tools"),
      user: NO_EFFECT,
      safety_identifier: NO_EFFECT,
      prompt_cache_key: NO_EFFECT,
      prompt_cache_retention: NO_EFFECT,
      metadata: ignored("it is OpenAI's, for its own dashboard"),
      store: refused("nothing is stored"),
    },
    content: {
      "image by data URI": sent("`image_url`"),
      "image by URL": sent("`image_url`"),
      "file by data URI": refused("send its text"),
      "file by URL": refused("send its text"),
      "file by file_id": refused("files are OpenAI's"),
      input_audio: refused(""),
      "image in a tool's result": refused("a result is text"),
      "custom tool": refused("only functions"),
    },
  };
}
