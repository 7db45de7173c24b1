import type { StreamPart } from "../../core/ports.ts";
import type { ReasoningDetail } from "../../core/translate/chat.ts";
import { type Chunks, createChunks } from "../../core/translate/chunks.ts";
import { garbage, type JsonEvent } from "../../core/translate/json-events.ts";
import { recordOf } from "../../core/translate/read-chat.ts";
import type { StreamTranslator } from "../../core/translate/translate-stream.ts";
import { reportedFailure } from "../../core/upstream/failure.ts";
import { readFault } from "./fault.ts";
import { finishReason, isFailure } from "./finish.ts";
import { logprobsOf } from "./logprobs.ts";
import { type Json, planDetail, thoughtDetail } from "./messages.ts";
import type { CohereRequest } from "./request.ts";
import { readUsage } from "./usage.ts";

/**
 * The Chat API's events: message-start, the plan before tools are called, content and calls in deltas, message-end with
 * why it stopped and all counts. Citations, and events of kinds that came later, have no place in OpenAI's form.
 */
export class CohereStream implements StreamTranslator<JsonEvent> {
  readonly #sent: CohereRequest;
  readonly #nowMs: number;
  #chunks: Chunks | undefined;
  #id = "";
  /** Calls of the client by Cohere's index, and whether their arguments have begun. */
  readonly #calls = new Map<unknown, { readonly index: number; hasInput: boolean }>();

  constructor(sent: CohereRequest, nowMs: number) {
    this.#sent = sent;
    this.#nowMs = nowMs;
  }

  *push({ data }: JsonEvent): Generator<StreamPart, void, undefined> {
    const delta = recordOf(data["delta"]);
    const message = recordOf(delta["message"]);
    switch (data["type"]) {
      case "message-start":
        this.#start(String(data["id"] ?? "chat"));
        return;
      case "content-start":
      case "content-delta":
        yield* this.#content(data, recordOf(message["content"]));
        return;
      case "tool-plan-delta":
        yield* this.#plan(message["tool_plan"]);
        return;
      case "tool-call-start":
        yield* this.#openCall(data["index"], recordOf(message["tool_calls"]));
        return;
      case "tool-call-delta":
        yield* this.#input(data["index"], recordOf(recordOf(message["tool_calls"])["function"])["arguments"]);
        return;
      case "tool-call-end":
        yield* this.#closeCall(data["index"]);
        return;
      case "message-end":
        yield* this.#end(delta);
        return;
    }
    // Without a type it is no event, but an error in the middle of them.
    if (data["type"] === undefined && data["message"] !== undefined) throw reportedFailure(readFault(data));
  }

  /** Another beginning is a proxy's second try, whose words would follow half of the first's. */
  #start(id: string): void {
    if (this.#chunks && id !== this.#id) throw garbage("a second answer within the first");
    if (this.#chunks) return;
    this.#id = id;
    const created = Math.floor(this.#nowMs / 1_000);
    this.#chunks = createChunks({ id, created, model: this.#sent.model });
  }

  get #out(): Chunks {
    if (!this.#chunks) throw garbage("an answer without its beginning");
    return this.#chunks;
  }

  *#content(event: Json, { text, thinking }: Json): Generator<StreamPart, void, undefined> {
    const { index, logprobs } = event;
    const place = typeof index === "number" ? index : 0;
    if (typeof thinking === "string") yield* this.#thought(thinking, thoughtDetail(thinking, place));
    if (typeof text !== "string" || text === "") return;
    yield this.#out.delta({ text }, 0, logprobs ? logprobsOf([logprobs]) : undefined);
  }

  *#plan(text: unknown): Generator<StreamPart, void, undefined> {
    if (typeof text === "string") yield* this.#thought(text, planDetail(text));
  }

  *#thought(text: string, detail: ReasoningDetail): Generator<StreamPart, void, undefined> {
    if (text === "" || this.#sent.hidesReasoning) return;
    yield this.#out.delta({ reasoningText: text, reasoningDetails: [detail] });
  }

  *#openCall(place: unknown, call: Json): Generator<StreamPart, void, undefined> {
    const index = this.#calls.size;
    this.#calls.set(place, { index, hasInput: false });
    const { name, arguments: text } = recordOf(call["function"]);
    yield this.#out.delta({ toolCall: { index, id: String(call["id"]), name: String(name) } });
    yield* this.#input(place, text);
  }

  *#input(place: unknown, text: unknown): Generator<StreamPart, void, undefined> {
    const call = this.#calls.get(place);
    if (!call || typeof text !== "string" || text === "") return;
    // What a call without arguments has: its end makes an object of it.
    if (!call.hasInput && text === "null") return;
    call.hasInput = true;
    yield this.#out.delta({ toolCall: { index: call.index, arguments: text } });
  }

  *#closeCall(place: unknown): Generator<StreamPart, void, undefined> {
    const call = this.#calls.get(place);
    if (!call || call.hasInput) return;
    call.hasInput = true;
    yield this.#out.delta({ toolCall: { index: call.index, arguments: "{}" } });
  }

  *#end(delta: Json): Generator<StreamPart, void, undefined> {
    const usage = readUsage(delta["usage"]);
    if (usage) yield { type: "count", usage, isFinal: true };
    const reason = delta["finish_reason"];
    if (isFailure(reason)) throw reportedFailure(readFault(delta));
    for (const place of this.#calls.keys()) yield* this.#closeCall(place);
    yield this.#out.finish(finishReason(reason, this.#calls.size > 0));
    if (usage) yield this.#out.usage(usage);
    yield { type: "done" };
  }
}
