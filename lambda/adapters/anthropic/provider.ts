import type { AnthropicSettings } from "../../core/catalog.ts";
import { GatewayError } from "../../core/errors.ts";
import type { AwsProviderOptions, AwsSigner, Provider } from "../../core/ports.ts";
import { jsonEvents } from "../../core/translate/json-events.ts";
import { translatedStream } from "../../core/translate/translate-stream.ts";
import { sendWithKey } from "../../core/upstream/send.ts";
import { jsonAnswer } from "./answer.ts";
import { readFault } from "./fault.ts";
import { anthropicRequest } from "./request.ts";
import { AnthropicStream } from "./stream.ts";

const PATH = "/messages";
const VERSION = "2023-06-01";

/** Claude by Anthropic's Messages API: at Anthropic with a key, on Amazon Bedrock with the function's role or a key. */
export function createAnthropicProvider(options: AwsProviderOptions<AnthropicSettings>): Provider {
  const { settings, apiKey, connect, signer } = options;
  const place = placeOf(settings, signer);
  const upstream = connect(place.baseUrl, settings.timeouts);
  return {
    async chat(request) {
      const sent = anthropicRequest(request);
      const headers = {
        ...request.traceHeaders,
        "content-type": "application/json",
        accept: request.stream ? "text/event-stream" : "application/json",
        "anthropic-version": VERSION,
      };
      const send = async (key: string | undefined) =>
        upstream({
          path: PATH,
          headers:
            key === undefined
              ? await signed(place, headers, sent.body, signer)
              : { ...headers, "x-api-key": key },
          body: sent.body,
          signal: request.signal,
        });
      const response = await sendWithKey({ apiKey, send, readFault, nowMs: Date.now });
      // A refusal to stream is an error in JSON, which only the whole answer's reader understands.
      if (!request.stream || String(response.headers["content-type"]).startsWith("application/json")) {
        const answer = await jsonAnswer(response, sent, Date.now());
        if (!request.stream) return answer;
        throw new GatewayError("upstream_error", "The provider did not stream.", { retryable: false });
      }
      return translatedStream(response.body, jsonEvents, new AnthropicStream(sent, Date.now()), sent.dropped);
    },
  };
}

interface Place {
  readonly baseUrl: string;
  /** Where requests are signed rather than sent with a key. */
  readonly aws?: { readonly region: string; readonly service: string };
}

function placeOf({ baseUrl, bedrock }: AnthropicSettings, signer: AwsSigner): Place {
  if (!bedrock) return { baseUrl: baseUrl ?? "https://api.anthropic.com/v1" };
  const region = bedrock.region ?? signer.region;
  if (region === undefined) throw new Error("bedrock.region is not configured, and AWS_REGION is not set");
  const isMantle = bedrock.endpoint === "mantle";
  const host = isMantle ? `bedrock-mantle.${region}.api.aws` : `bedrock-runtime.${region}.amazonaws.com`;
  return {
    baseUrl: baseUrl ?? `https://${host}/anthropic/v1`,
    aws: { region, service: isMantle ? "bedrock-mantle" : "bedrock" },
  };
}

async function signed(
  { baseUrl, aws }: Place,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
  signer: AwsSigner,
): Promise<Record<string, string>> {
  if (!aws) return { ...headers };
  return signer.sign({ ...aws, url: `${baseUrl}${PATH}`, headers, body });
}
