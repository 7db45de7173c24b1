import { type Cell, ignored, refused, type Support, sent } from "../../core/translate/support.ts";
import { geminiTraits } from "./models.ts";

const NO_EFFECT = ignored("it changes nothing in an answer");

/** What generateContent can be asked for, by model. https://ai.google.dev/api/generate-content */
export function geminiSupport(model: string, isVertex: boolean): Support {
  const { thinking } = geminiTraits(model);
  const reasoning: Cell =
    thinking === "none"
      ? refused("this model does not reason")
      : sent(thinking === "budget" ? "`thinkingConfig.thinkingBudget`" : "`thinkingConfig.thinkingLevel`");
  const byUrl: Cell = isVertex
    ? sent("`fileData`")
    : refused("Google's API takes data URIs, Vertex URLs too");
  return {
    provider: isVertex ? "Vertex AI" : "Google",
    fields: {
      temperature: sent("`temperature`"),
      top_p: sent("`topP`"),
      top_k: sent("`topK`"),
      stop: sent("`stopSequences`, up to five"),
      seed: sent("`seed`"),
      n: refused("one answer a request"),
      logprobs: sent("`responseLogprobs`"),
      top_logprobs: sent("`logprobs`"),
      logit_bias: refused(""),
      frequency_penalty: sent("`frequencyPenalty`"),
      presence_penalty: sent("`presencePenalty`"),
      tools: sent("`functionDeclarations`"),
      tool_choice: sent("`functionCallingConfig`"),
      parallel_tool_calls: refused("it decides how many calls it makes"),
      functions: refused("use tools"),
      function_call: refused("use tool_choice"),
      response_format: sent("`responseMimeType`, `responseJsonSchema`"),
      reasoning_effort: reasoning,
      reasoning,
      thinking: reasoning,
      verbosity: refused(""),
      modalities: refused("it answers in text here"),
      audio: refused("it answers in text here"),
      prediction: refused(""),
      cache_control: ignored("its cache needs no marks"),
      "messages[].cache_control": ignored("its cache needs no marks"),
      "messages[].name": refused(""),
      "tools[].strict": sent("`functionCallingConfig.mode: VALIDATED`"),
      user: NO_EFFECT,
      safety_identifier: NO_EFFECT,
      prompt_cache_key: NO_EFFECT,
      prompt_cache_retention: NO_EFFECT,
      metadata: ignored("it is OpenAI's, for its own dashboard"),
      store: refused("nothing is stored"),
    },
    content: {
      "image by data URI": sent("`inlineData`"),
      "image by URL": byUrl,
      "file by data URI": sent("`inlineData`: PDF, text, audio, video"),
      "file by URL": byUrl,
      "file by file_id": refused("files are OpenAI's"),
      input_audio: sent("`inlineData`"),
      "image in a tool's result": sent("`inlineData` beside the result"),
      "custom tool": refused("only functions"),
    },
  };
}
