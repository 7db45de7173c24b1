import type { OpenAiCompatibleSettings } from "../../core/catalog.ts";
import { isRecord } from "../../core/is-record.ts";
import { type Edits, editObject } from "../../core/json-edit.ts";
import type { ProviderRequest } from "../../core/ports.ts";
import { contentWithThoughts } from "./quirks.ts";

/** The client's bytes with what is ours to decide: the model's name there, the output cap, usage and the tier. */
export function requestBody(request: ProviderRequest, settings: OpenAiCompatibleSettings): Uint8Array {
  return editObject(request.body, {
    model: request.model,
    ...outputCap(request, settings),
    ...streamOptions(request, settings),
    ...serviceTier(request, settings),
    ...(settings.reasoningIn === "content" && thoughtsInContent(request.fields["messages"])),
    // Ours: it speaks to the translators.
    drop_unsupported: undefined,
  });
}

/** Exactly one cap, under the name the provider obeys: DeepSeek ignores the one that Mistral refuses. */
function outputCap(request: ProviderRequest, settings: OpenAiCompatibleSettings): Edits {
  return {
    max_tokens: undefined,
    max_completion_tokens: undefined,
    [settings.outputCapParameter]: request.outputCapTokens,
  };
}

function streamOptions(
  { fields, stream }: ProviderRequest,
  { streamUsage }: OpenAiCompatibleSettings,
): Edits {
  if (!stream) return {};
  const { include_usage: _, ...others } = isRecord(fields["stream_options"]) ? fields["stream_options"] : {};
  if (streamUsage === "request") return { stream_options: { ...others, include_usage: true } };
  return { stream_options: Object.keys(others).length > 0 ? others : undefined };
}

/** Never over a tier the client chose: the gateway has priced or refused that one. */
function serviceTier({ fields }: ProviderRequest, settings: OpenAiCompatibleSettings): Edits {
  const chosen = fields["service_tier"] ?? "auto";
  return settings.serviceTier !== undefined && chosen === "auto"
    ? { service_tier: settings.serviceTier }
    : {};
}

/** What was taken out of an answer's content goes back into it; a request without thoughts keeps its bytes. */
function thoughtsInContent(messages: unknown): Edits {
  if (!Array.isArray(messages)) return {};
  const mended = messages.map(contentWithThoughts);
  return mended.some((message, index) => message !== messages[index]) ? { messages: mended } : {};
}
