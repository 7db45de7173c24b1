import { describe, expect, test } from "vitest";
import { createStreamText, textsOf } from "../../lambda/gateway/stream-text.ts";
import { sse } from "../fakes/provider-server.ts";
import { chunk, usage } from "./completions.ts";

function charactersOf(...pieces: (string | Uint8Array)[]) {
  const text = createStreamText();
  for (const piece of pieces) text.add(Buffer.from(piece));
  return text.characters();
}

function delta(value: object) {
  return { choices: [{ index: 0, delta: value, finish_reason: null }] };
}

describe("the text of a stream", () => {
  test("is nothing before anything came", () => {
    expect(charactersOf()).toEqual({ ascii: 0, other: 0 });
  });

  test("is counted by ASCII and other characters", () => {
    expect(charactersOf(...sse(chunk("Hello, "), chunk("wörld"), chunk("字")))).toEqual({
      ascii: 11,
      other: 2,
    });
  });

  test("is counted once, however often it is asked for", () => {
    const text = createStreamText();
    text.add(Buffer.from(sse(chunk("Hello")).join("")));
    expect([text.characters(), text.characters()]).toEqual(Array(2).fill({ ascii: 5, other: 0 }));
    text.add(Buffer.from(sse(chunk("!")).join("")));
    expect(text.characters()).toEqual({ ascii: 6, other: 0 });
  });

  test("stays right when it outgrows what is kept", () => {
    const piece = sse(chunk("x".repeat(1_000))).join("");
    expect(charactersOf(...Array<string>(2_000).fill(piece))).toEqual({ ascii: 2_000_000, other: 0 });
  });

  test("is the same whether events come one by one or together, with either line ending", () => {
    const events = sse(chunk("one"), chunk("two"));
    expect(charactersOf(events.join(""))).toEqual(charactersOf(...events));
    expect(charactersOf(events.join("").replaceAll("\n", "\r\n"))).toEqual(charactersOf(...events));
  });

  test.each<[string, object, number]>([
    ["what the model says", delta({ content: "abcd" }), 4],
    ["content in parts", delta({ content: [{ type: "text", text: "abcd" }] }), 4],
    ["refusals", delta({ refusal: "abcd" }), 4],
    ["reasoning", delta({ reasoning: "ab", reasoning_content: "cd" }), 4],
    [
      "a tool's name and arguments",
      delta({ tool_calls: [{ function: { name: "f", arguments: "{}x" } }] }),
      4,
    ],
    ["an older function call", delta({ function_call: { name: "f", arguments: "{}x" } }), 4],
    ["a custom tool's input", delta({ tool_calls: [{ custom: { name: "f", input: "{}x" } }] }), 4],
    ["what was spoken", delta({ audio: { transcript: "abcd" } }), 4],
    ["every choice", { choices: [{ delta: { content: "ab" } }, { delta: { content: "cd" } }] }, 4],
    ["a text that looks like data", delta({ content: "data: x" }), 7],
  ])("holds %s", (_, event, ascii) => {
    expect(charactersOf(...sse(event))).toEqual({ ascii, other: 0 });
  });

  test.each<[string, object]>([
    ["ids, roles and names of models", { id: "chatcmpl-1", model: "m", ...delta({ role: "assistant" }) }],
    ["reasons and indexes", { choices: [{ index: 3, finish_reason: "stop", logprobs: null }] }],
    ["a call's id and type", delta({ tool_calls: [{ id: "call_1", type: "function", index: 0 }] })],
    ["sounds", delta({ audio: { id: "audio_1", data: "AAAA" } })],
    ["usage", { ...delta({}), usage: usage(10, 2) }],
  ])("does not hold %s", (_, event) => {
    expect(charactersOf(...sse(event))).toEqual({ ascii: 0, other: 0 });
  });

  test("does not hold comments, [DONE], half events or noise", () => {
    expect(charactersOf(": hi\n\n", "data: [DONE]\n\n", 'data: {"choices":[{"delta":', "\u0000\n\n")).toEqual(
      {
        ascii: 0,
        other: 0,
      },
    );
  });
});

test("the texts of anything but objects are none", () => {
  expect([null, undefined, 1, "abc", true].map(textsOf)).toEqual([[], [], [], [], []]);
});
