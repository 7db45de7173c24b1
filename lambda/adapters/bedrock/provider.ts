import { randomUUID } from "node:crypto";
import type { BedrockSettings } from "../../core/catalog.ts";
import { GatewayError } from "../../core/errors.ts";
import type { AwsProviderOptions, Provider } from "../../core/ports.ts";
import { translatedStream } from "../../core/translate/translate-stream.ts";
import { sendWithKey } from "../../core/upstream/send.ts";
import type { UpstreamResponse } from "../../core/upstream/upstream.ts";
import { jsonAnswer } from "./answer.ts";
import { awsEvents } from "./event-stream.ts";
import { readFault } from "./fault.ts";
import { bedrockRequest } from "./request.ts";
import { BedrockStream } from "./stream.ts";

const SERVICE = "bedrock";
const EVENT_STREAM = "application/vnd.amazon.eventstream";

/** Any model of Amazon Bedrock by Converse and ConverseStream, with the function's role, or a Bedrock key where one is named. */
export function createBedrockProvider(options: AwsProviderOptions<BedrockSettings>): Provider {
  const { settings, apiKey, connect, signer } = options;
  const region = settings.region ?? signer.region;
  if (region === undefined) throw new Error("region is not configured, and AWS_REGION is not set");
  const baseUrl = settings.baseUrl ?? `https://bedrock-runtime.${region}.amazonaws.com`;
  const upstream = connect(baseUrl, settings.timeouts);
  return {
    async chat(request) {
      const sent = bedrockRequest(request);
      const path = `/model/${encodeURIComponent(request.model)}/${request.stream ? "converse-stream" : "converse"}`;
      const headers = {
        ...request.traceHeaders,
        "content-type": "application/json",
        accept: request.stream ? EVENT_STREAM : "application/json",
      };
      const send = async (key: string | undefined) =>
        upstream({
          path,
          headers:
            key === undefined
              ? await signer.sign({
                  service: SERVICE,
                  region,
                  url: `${baseUrl}${path}`,
                  headers,
                  body: sent.body,
                })
              : { ...headers, authorization: `Bearer ${key}` },
          body: sent.body,
          signal: request.signal,
        });
      const response = await sendWithKey({ apiKey, send, readFault, nowMs: Date.now });
      const head = {
        id: `chatcmpl-${requestIdOf(response)}`,
        created: Math.floor(Date.now() / 1_000),
        model: request.model,
      };
      if (!request.stream) return jsonAnswer(response, sent, head);
      if (!String(response.headers["content-type"]).startsWith(EVENT_STREAM)) {
        response.body.close();
        throw new GatewayError("upstream_error", "The provider did not stream.", { retryable: true });
      }
      return translatedStream(response.body, awsEvents, new BedrockStream(sent, head), sent.dropped);
    },
  };
}

/** AWS's own id of the request, which its support asks for. */
function requestIdOf({ headers }: UpstreamResponse): string {
  const id = headers["x-amzn-requestid"];
  return typeof id === "string" ? id : randomUUID();
}
