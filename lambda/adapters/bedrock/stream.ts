import type { ReportedUsage, StreamPart } from "../../core/ports.ts";
import { type Chunks, createChunks } from "../../core/translate/chunks.ts";
import type { AnswerHead } from "../../core/translate/completion.ts";
import { recordOf } from "../../core/translate/read-chat.ts";
import { ANSWER_TOOL } from "../../core/translate/structured-answer.ts";
import type { StreamTranslator } from "../../core/translate/translate-stream.ts";
import { reportedFailure } from "../../core/upstream/failure.ts";
import { detailOf } from "./blocks.ts";
import type { AwsEvent } from "./event-stream.ts";
import { readFault } from "./fault.ts";
import { finishReason } from "./finish.ts";
import type { BedrockRequest } from "./request.ts";
import { readUsage } from "./usage.ts";

type Json = Readonly<Record<string, unknown>>;

interface OpenCall {
  /** Of the calls that the client sees; undefined for the answer's own tool, whose input is the text. */
  readonly callIndex: number | undefined;
  hasInput: boolean;
}

/**
 * ConverseStream's events: messageStart, blocks of deltas, messageStop (why), metadata (the counts). The counts come last,
 * so a stream without them was cut, however whole its text looks.
 */
export class BedrockStream implements StreamTranslator<AwsEvent> {
  readonly #sent: BedrockRequest;
  readonly #chunks: Chunks;
  #stopReason: unknown;
  #usage: ReportedUsage;
  #hasCounts = false;
  #calls = new Map<unknown, OpenCall>();
  #callCount = 0;
  #heldText: string[] = [];
  #hasAnswered = false;

  constructor(sent: BedrockRequest, head: AnswerHead) {
    this.#sent = sent;
    this.#chunks = createChunks(head);
  }

  *push({ type, isFailure, data }: AwsEvent): Generator<StreamPart, void, undefined> {
    if (isFailure) throw reportedFailure(readFault(data));
    const index = data["contentBlockIndex"];
    switch (type) {
      case "contentBlockStart":
        yield* this.#openCall(index, recordOf(recordOf(data["start"])["toolUse"]));
        return;
      case "contentBlockDelta":
        yield* this.#delta(index, recordOf(data["delta"]));
        return;
      case "contentBlockStop":
        yield* this.#closeCall(index);
        return;
      case "messageStop":
        this.#stopReason = data["stopReason"];
        yield* this.#end();
        return;
      case "metadata":
        this.#usage = readUsage(data["usage"]);
        if (this.#usage) yield { type: "count", usage: this.#usage, isFinal: true };
        this.#hasCounts = true;
        yield* this.#end();
        return;
    }
  }

  *#openCall(index: unknown, { toolUseId, name, type }: Json): Generator<StreamPart, void, undefined> {
    // A tool that Bedrock itself runs is no call for the client.
    if (typeof name !== "string" || type === "server_tool_use") return;
    const callIndex = name === ANSWER_TOOL ? undefined : this.#callCount++;
    this.#calls.set(index, { callIndex, hasInput: false });
    if (callIndex === undefined) this.#hasAnswered = true;
    else yield this.#chunks.delta({ toolCall: { index: callIndex, id: String(toolUseId), name } });
  }

  *#delta(index: unknown, delta: Json): Generator<StreamPart, void, undefined> {
    const { text, toolUse, reasoningContent } = delta;
    if (typeof text === "string" && text !== "") yield* this.#text(text);
    const call = this.#calls.get(index);
    const input = recordOf(toolUse)["input"];
    if (call && typeof input === "string" && input !== "") {
      call.hasInput = true;
      yield this.#input(call, input);
    }
    if (reasoningContent !== undefined) yield* this.#thought(index, recordOf(reasoningContent));
  }

  *#text(text: string): Generator<StreamPart, void, undefined> {
    if (this.#sent.method.type === "tool") this.#heldText.push(text);
    else yield this.#chunks.delta({ text });
  }

  *#thought(index: unknown, content: Json): Generator<StreamPart, void, undefined> {
    const detail = detailOf(content, typeof index === "number" ? index : 0);
    if (!detail || this.#sent.hidesReasoning) return;
    yield this.#chunks.delta({
      ...(detail.text && { reasoningText: detail.text }),
      reasoningDetails: [detail],
    });
  }

  #input({ callIndex }: OpenCall, json: string): StreamPart {
    return callIndex === undefined
      ? this.#chunks.delta({ text: json })
      : this.#chunks.delta({ toolCall: { index: callIndex, arguments: json } });
  }

  /** A call without arguments has no deltas, and its arguments are JSON all the same. */
  *#closeCall(index: unknown): Generator<StreamPart, void, undefined> {
    const call = this.#calls.get(index);
    this.#calls.delete(index);
    if (call && !call.hasInput) yield this.#input(call, "{}");
  }

  /** When both of the last two have come, in whichever order. */
  *#end(): Generator<StreamPart, void, undefined> {
    if (this.#stopReason === undefined || !this.#hasCounts) return;
    if (!this.#hasAnswered && this.#heldText.length > 0) {
      yield this.#chunks.delta({ text: this.#heldText.join("") });
    }
    yield this.#chunks.finish(finishReason(this.#stopReason, this.#callCount > 0));
    if (this.#usage) yield this.#chunks.usage(this.#usage);
    yield { type: "done" };
  }
}
