import { describe, expect, test } from "vitest";
import { quote } from "../../lambda/core/budget.ts";
import { GatewayError } from "../../lambda/core/errors.ts";
import { inputPartsOf, readChatRequest } from "../../lambda/gateway/chat-request.ts";
import { TEST_PRICES, testModel } from "../core/test-model.ts";
import { chat } from "./completions.ts";

function read(body: object | string) {
  return readChatRequest(Buffer.from(typeof body === "string" ? body : JSON.stringify(body)));
}

function refusalOf(body: object | string): GatewayError {
  try {
    read(body);
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error("it was accepted");
}

describe("a request", () => {
  test("keeps the client's bytes, whatever their spelling", () => {
    const body =
      '{ "model":"m","seed":12345678901234567890,\n"messages":[{"role":"user","content":"\\u0041"}] }';
    expect(Buffer.from(read(body).body).toString()).toBe(body);
  });

  test("has defaults where the client says nothing, or null", () => {
    const defaults = {
      stream: false,
      includeUsage: false,
      requestedOutputTokens: undefined,
      choices: 1,
      audioOutput: false,
      cacheWrite1h: false,
    };
    expect(read(chat())).toMatchObject(defaults);
    const names = [
      "stream",
      "stream_options",
      "max_completion_tokens",
      "max_tokens",
      "n",
      "modalities",
      "tools",
    ];
    expect(read(chat(Object.fromEntries(names.map((name) => [name, null]))))).toMatchObject(defaults);
  });

  test("says what it asks for", () => {
    const asked = {
      stream: true,
      stream_options: { include_usage: true },
      max_tokens: 60,
      n: 3,
      modalities: ["text", "audio"],
    };
    expect(read(chat(asked))).toMatchObject({
      stream: true,
      includeUsage: true,
      requestedOutputTokens: 60,
      choices: 3,
      audioOutput: true,
      cacheWrite1h: false,
    });
    expect(read(chat({ ...asked, max_completion_tokens: 50 })).requestedOutputTokens).toBe(50);
  });

  test("is what the next parser sees: of a name that comes twice, the last", () => {
    const twice = JSON.stringify(chat({ n: 1 })).replace('"n":1', '"n":1,"n":2');
    expect(read(twice).choices).toBe(2);
  });

  test("may hold what we do not know, and names that JavaScript gives a meaning", () => {
    const { fields } = read(
      `{"__proto__":{"stream":true},"constructor":1,"brand_new":[1],${JSON.stringify(chat()).slice(1)}`,
    );
    expect(fields["brand_new"]).toEqual([1]);
    expect(fields.stream).toBeUndefined();
  });

  test.each(["auto", "default", null])("may leave the tier to us: %s", (tier) => {
    expect(read(chat({ service_tier: tier })).fields.service_tier).toBe(tier);
  });

  test.each(["web_search_options", "search_parameters", "plugins"])("may say null for %s", (name) => {
    expect(read(chat({ [name]: null })).fields[name]).toBeNull();
  });
});

describe("nesting", () => {
  /** Brackets inside the body's own braces. */
  const nested = (depth: number) =>
    `${JSON.stringify(chat()).slice(0, -1)},"x":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`;

  test("of 64 levels is read, of 65 refused", () => {
    expect(read(nested(64)).choices).toBe(1);
    expect(refusalOf(nested(65)).code).toBe("invalid_value");
  });

  test("counts objects and arrays alike", () => {
    const objects = (depth: number) => `${'{"x":'.repeat(depth)}1${"}".repeat(depth)}`;
    expect(refusalOf(objects(65)).code).toBe("invalid_value");
    expect(refusalOf(objects(64)).code).not.toBe("invalid_value");
  });

  test("does not count brackets in texts, escaped quotes included", () => {
    const content = `\\"${"[".repeat(200)}"{`;
    expect(read(chat({ messages: [{ role: "user", content }] })).fields.messages[0]?.content).toBe(content);
  });

  test("side by side is no nesting", () => {
    expect(read(chat({ x: Array(1_000).fill([[]]) })).choices).toBe(1);
  });
});

test("a broken body is not quoted, wherever it breaks", () => {
  const secret = "canary";
  for (const body of [
    `{"a":${secret}}`,
    `{"a":"${secret}}`,
    `${secret}`,
    `{"${secret}" 1}`,
    `{"a":1}${secret}`,
  ]) {
    expect(refusalOf(body)).toMatchObject({ code: "invalid_json" });
    expect(refusalOf(body).message).not.toContain(secret);
  }
});

describe("a cache that is to keep for an hour", () => {
  const marked = (cache_control: object) =>
    chat({ messages: [{ role: "user", content: [{ type: "text", text: "Hi", cache_control }] }] });
  const prices = { ...TEST_PRICES, cacheWrite1h: 900_000n };
  /** The dearest that a token of the input may cost. */
  const heldPerToken = (body: object | string) => {
    const request = read(body);
    return quote({ ...request, ...inputPartsOf(request) }, testModel({ prices })).prices.input;
  };

  test("is held for at the hour's price", () => {
    expect(heldPerToken(marked({ type: "ephemeral", ttl: "1h" }))).toBe(900_000n);
    expect(heldPerToken({ ...chat(), cache_control: { type: "ephemeral", ttl: "1h" } })).toBe(900_000n);
  });

  test("is seen in an escaped spelling too", () => {
    const body = JSON.stringify(marked({ type: "ephemeral", ttl: "1h" }));
    for (const name of ["\\u0074tl", "t\\u0074l", "tt\\u006c", "tt\\u006C"]) {
      const spelled = body.replace('"ttl"', `"${name}"`);
      expect(spelled).not.toBe(body);
      expect(heldPerToken(spelled), name).toBe(900_000n);
    }
  });

  test("is not seen in a mark without it, nor in a text about it", () => {
    expect(heldPerToken(marked({ type: "ephemeral" }))).toBe(500_000n);
    const content = 'Set {"ttl": "1h"} and no more.';
    expect(heldPerToken(chat({ messages: [{ role: "user", content }] }))).toBe(500_000n);
  });
});
