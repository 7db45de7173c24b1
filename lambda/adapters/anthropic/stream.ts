import type { StreamPart } from "../../core/ports.ts";
import type { ReasoningDetail } from "../../core/translate/chat.ts";
import { type Chunks, createChunks } from "../../core/translate/chunks.ts";
import { garbage, type JsonEvent } from "../../core/translate/json-events.ts";
import { recordOf } from "../../core/translate/read-chat.ts";
import { ANSWER_TOOL } from "../../core/translate/structured-answer.ts";
import type { StreamTranslator } from "../../core/translate/translate-stream.ts";
import { reportedFailure } from "../../core/upstream/failure.ts";
import { CLAUDE_FORMAT } from "./blocks.ts";
import { readFault } from "./fault.ts";
import { finishReason } from "./finish.ts";
import type { AnthropicRequest } from "./request.ts";
import { laterUsage, readUsage } from "./usage.ts";

type Json = Readonly<Record<string, unknown>>;

/** The block that is being written. */
interface OpenBlock {
  readonly type: unknown;
  /** Of the calls that the client sees; undefined for the answer's own tool, whose input is the text. */
  readonly callIndex: number | undefined;
  readonly input: unknown;
  hasInput: boolean;
}

/**
 * The Messages API's events: message_start (the input's count), blocks of deltas, message_delta (why it stopped, and all
 * counts), message_stop. Pings and events of kinds that came later say nothing.
 */
export class AnthropicStream implements StreamTranslator<JsonEvent> {
  readonly #sent: AnthropicRequest;
  readonly #nowMs: number;
  #chunks: Chunks | undefined;
  #id = "";
  #usage: Json = {};
  #stopReason: unknown;
  #blocks = new Map<unknown, OpenBlock>();
  #callCount = 0;
  /** Text that waits for the answer's tool: it is told only if that is never called. */
  #heldText: string[] = [];
  #hasAnswered = false;

  constructor(sent: AnthropicRequest, nowMs: number) {
    this.#sent = sent;
    this.#nowMs = nowMs;
  }

  *push({ name, data }: JsonEvent): Generator<StreamPart, void, undefined> {
    if (name === "error" || data["type"] === "error") throw reportedFailure(readFault(data));
    switch (data["type"]) {
      case "message_start":
        yield* this.#start(recordOf(data["message"]));
        return;
      case "content_block_start":
        yield* this.#openBlock(data["index"], recordOf(data["content_block"]));
        return;
      case "content_block_delta":
        yield* this.#delta(data["index"], recordOf(data["delta"]));
        return;
      case "content_block_stop":
        yield* this.#closeBlock(data["index"]);
        return;
      case "message_delta":
        yield* this.#count(data);
        return;
      case "message_stop":
        yield* this.#stop();
        return;
    }
  }

  /** A beginning may be told twice. Another one is a proxy's second try, whose words would follow half of the first's. */
  *#start(message: Json): Generator<StreamPart, void, undefined> {
    const id = String(message["id"] ?? "msg");
    if (this.#chunks && id !== this.#id) throw garbage("a second answer within the first");
    if (this.#chunks) return;
    this.#id = id;
    const created = Math.floor(this.#nowMs / 1_000);
    this.#chunks = createChunks({ id, created, model: String(message["model"] ?? "") });
    this.#usage = laterUsage(this.#usage, message["usage"]);
    const usage = readUsage(this.#usage);
    if (usage) yield { type: "count", usage, isFinal: false };
    const begun = Array.isArray(message["content"]) ? message["content"] : [];
    for (const [index, block] of begun.entries()) {
      yield* this.#openBlock(index, recordOf(block));
      yield* this.#closeBlock(index);
    }
  }

  get #out(): Chunks {
    if (!this.#chunks) throw garbage("an answer without its beginning");
    return this.#chunks;
  }

  *#openBlock(index: unknown, block: Json): Generator<StreamPart, void, undefined> {
    const { type } = block;
    const isCall = type === "tool_use" && block["name"] !== ANSWER_TOOL;
    const callIndex = isCall ? this.#callCount++ : undefined;
    this.#blocks.set(index, { type, callIndex, input: block["input"], hasInput: false });
    if (type === "tool_use" && !isCall) this.#hasAnswered = true;
    if (callIndex !== undefined) {
      const call = { index: callIndex, id: String(block["id"]), name: String(block["name"]) };
      yield this.#out.delta({ toolCall: call });
    }
    if (type === "text" && block["text"]) yield* this.#text(String(block["text"]));
    if (type === "thinking" && block["thinking"]) yield* this.#thought(String(block["thinking"]), index);
    if (type === "redacted_thinking" && typeof block["data"] === "string") {
      yield* this.#detail({ type: "reasoning.encrypted", data: block["data"], ...of(index) });
    }
  }

  *#delta(index: unknown, delta: Json): Generator<StreamPart, void, undefined> {
    const { type } = delta;
    if (type === "text_delta") yield* this.#text(String(delta["text"] ?? ""));
    if (type === "thinking_delta") yield* this.#thought(String(delta["thinking"] ?? ""), index);
    if (type === "signature_delta") {
      const signature = String(delta["signature"] ?? "");
      yield* this.#detail({ type: "reasoning.text", text: "", signature, ...of(index) });
    }
    if (type === "input_json_delta") yield* this.#input(index, String(delta["partial_json"] ?? ""));
  }

  *#text(text: string): Generator<StreamPart, void, undefined> {
    if (text === "") return;
    if (this.#sent.method.type === "tool") this.#heldText.push(text);
    else yield this.#out.delta({ text });
  }

  *#thought(text: string, index: unknown): Generator<StreamPart, void, undefined> {
    if (text === "" || this.#sent.hidesReasoning) return;
    yield this.#out.delta({
      reasoningText: text,
      reasoningDetails: [{ type: "reasoning.text", text, ...of(index) }],
    });
  }

  *#detail(detail: ReasoningDetail): Generator<StreamPart, void, undefined> {
    if (!this.#sent.hidesReasoning) yield this.#out.delta({ reasoningDetails: [detail] });
  }

  /** A tool's input comes as pieces of JSON, which is just how OpenAI's arguments come. */
  *#input(index: unknown, json: string): Generator<StreamPart, void, undefined> {
    const block = this.#blocks.get(index);
    if (block?.type !== "tool_use" || json === "") return;
    block.hasInput = true;
    yield this.#inputDelta(block, json);
  }

  #inputDelta({ callIndex }: OpenBlock, json: string): StreamPart {
    return callIndex === undefined
      ? this.#out.delta({ text: json })
      : this.#out.delta({ toolCall: { index: callIndex, arguments: json } });
  }

  /** A call without arguments has no deltas, and its arguments are JSON all the same. */
  *#closeBlock(index: unknown): Generator<StreamPart, void, undefined> {
    const block = this.#blocks.get(index);
    this.#blocks.delete(index);
    if (block?.type !== "tool_use" || block.hasInput) return;
    yield this.#inputDelta(block, JSON.stringify(block.input ?? {}));
  }

  *#count(event: Json): Generator<StreamPart, void, undefined> {
    this.#stopReason = recordOf(event["delta"])["stop_reason"] ?? this.#stopReason;
    this.#usage = laterUsage(this.#usage, event["usage"]);
    const usage = readUsage(this.#usage);
    if (usage) yield { type: "count", usage, isFinal: event["usage"] !== undefined };
  }

  *#stop(): Generator<StreamPart, void, undefined> {
    if (!this.#hasAnswered && this.#heldText.length > 0) {
      yield this.#out.delta({ text: this.#heldText.join("") });
    }
    yield this.#out.finish(finishReason(this.#stopReason, this.#callCount > 0));
    const usage = readUsage(this.#usage);
    if (usage) yield this.#out.usage(usage);
    yield { type: "done" };
  }
}

function of(index: unknown): { format: string; index?: number } {
  return { format: CLAUDE_FORMAT, ...(typeof index === "number" && { index }) };
}
