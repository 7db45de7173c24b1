import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** Chat completions that providers really answered, where a checkout has them beside it; they are never part of it. */
const FIXTURES = fileURLToPath(new URL("../../../shared/fixtures/", import.meta.url));

export interface RecordedChat {
  /** Provider and file, for messages. */
  readonly name: string;
  readonly request: {
    readonly messages: readonly { readonly content?: unknown }[];
    readonly tools?: unknown;
    readonly response_format?: unknown;
  };
  readonly promptTokens: number;
}

/** Why there are none; undefined when there are. */
export function whyNoRecordedChats(): string | undefined {
  return existsSync(FIXTURES) ? undefined : "the recorded exchanges are not beside this checkout";
}

/** Every exchange in OpenAI's form that was answered with a usage and that the gateway would let pass. */
export function recordedChats(): RecordedChat[] {
  return readdirSync(FIXTURES, { withFileTypes: true })
    .filter((provider) => provider.isDirectory())
    .flatMap((provider) =>
      readdirSync(path.join(FIXTURES, provider.name))
        .filter((file) => file.startsWith("chat.") && file.endsWith(".request.json"))
        .flatMap((file) => readChat(provider.name, file.slice(0, -".request.json".length))),
    );
}

function readChat(provider: string, exchange: string): RecordedChat[] {
  const stem = path.join(FIXTURES, provider, exchange);
  const request: unknown = JSON.parse(readFileSync(`${stem}.request.json`, "utf8"));
  const answer = ["json", "sse"].map((form) => `${stem}.response.${form}`).find((file) => existsSync(file));
  const promptTokens = answer && promptTokensOf(readFileSync(answer, "utf8"));
  if (!isChatRequest(request) || runsToolsAtProvider(request.tools) || !promptTokens) return [];
  return [{ name: `${provider}/${exchange}`, request, promptTokens }];
}

/** The largest that any of an answer's events reports: some providers report as they go. */
function promptTokensOf(answer: string): number {
  const counts = answer.matchAll(/"prompt_tokens"\s*:\s*(\d+)/g);
  return Math.max(0, ...[...counts].map(([, count]) => Number(count)));
}

function isChatRequest(value: unknown): value is RecordedChat["request"] {
  return typeof value === "object" && value !== null && "messages" in value && Array.isArray(value.messages);
}

/** The gateway refuses them: what they search for comes on top of the input, at a price of its own. */
function runsToolsAtProvider(tools: unknown): boolean {
  return /"type":"(?!function"|custom")[a-z]+:[a-z_]+"/.test(JSON.stringify(tools ?? []));
}
