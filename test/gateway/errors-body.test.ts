import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { MAX_BODY_BYTES } from "../../lambda/gateway/chat-request.ts";
import { chat, completion, usage } from "./completions.ts";
import { type Client, expectError, openWorld, type World } from "./world.ts";

let world: World;
let client: Client;
beforeAll(async () => {
  world = await openWorld({ model: { inputModalities: ["text"], outputModalities: ["text"] } });
  world.provider.always(completion("Hi", usage(10, 2)));
  client = await world.client();
});
afterAll(async () => {
  expect(world.upstreamCalls()).toBe(0);
  await client.expectUntouched();
  await world.close();
});

async function expectRefused(body: object | string, expected: { code: string; param?: string | null }) {
  return expectError(await client.post(body), { status: 400, type: "invalid_request_error", ...expected });
}

describe("a body that is not a JSON object", () => {
  test.each([
    ["nothing", ""],
    ["half an object", '{"model":"test/model"'],
    ["text", "hello"],
    ["a trailing comma", '{"model":"test/model",}'],
    ["a form", "model=test%2Fmodel"],
    ["NaN", '{"model":NaN}'],
  ])("is invalid_json: %s", async (_, body) => {
    await expectRefused(body, { code: "invalid_json" });
  });

  test("is not quoted back", async () => {
    expect(await expectRefused('{"prompt": canary-7f3a}', { code: "invalid_json" })).not.toContain("canary");
  });

  test("is invalid_json when its bytes are no UTF-8", async () => {
    const body = Buffer.concat([Buffer.from('{"model":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]);
    await expectError(await client.post("", { body }), { status: 400, code: "invalid_json" });
  });

  test.each(["[]", "null", "1", '"text"', "true"])("is invalid_type: %s", async (body) => {
    await expectRefused(body, { code: "invalid_type" });
  });
});

/** The server gives up a connection whose body it has not read: no other test may get it. */
const UNREAD = { connection: "close" };

describe("a body that is too much", () => {
  test("is request_too_large above 6 MB, told by its length", async () => {
    const body = JSON.stringify(chat({ user: "x".repeat(MAX_BODY_BYTES) }));
    const response = await client.post(body, { headers: UNREAD });
    await expectError(response, { status: 413, code: "request_too_large" });
  });

  test("is request_too_large above 6 MB, sent in chunks", async () => {
    const piece = new TextEncoder().encode(" ".repeat(1024 * 1024));
    let left = 7;
    const body = new ReadableStream({
      pull: (controller) => (left-- > 0 ? controller.enqueue(piece) : controller.close()),
    });
    const response = await client.post("", { body, duplex: "half", headers: UNREAD });
    await expectError(response, { status: 413, code: "request_too_large" });
  });

  test.each([
    ["messages", chat({ messages: Array(10_001).fill({ role: "user", content: "" }) }), "messages"],
    ["tools", chat({ tools: Array(1_025).fill({ type: "function", function: { name: "f" } }) }), "tools"],
    ["choices", chat({ n: 129 }), "n"],
  ])("is invalid_value with more %s than there may be", async (_, body, param) => {
    await expectRefused(body, { code: "invalid_value", param });
  });

  test("is invalid_value with brackets deeper than 64", async () => {
    await expectRefused(`{"x":${"[".repeat(64)}${"]".repeat(64)}}`, { code: "invalid_value" });
    await expectRefused("[".repeat(1_000_000), { code: "invalid_value" });
  });
});

describe("a field that is missing", () => {
  test.each([
    ["model", { model: undefined }],
    ["messages", { messages: undefined }],
    ["functions[0].name", { functions: [{}] }],
    ["tools[1].type", { tools: [{ type: "function" }, { function: {} }] }],
    ["messages[1].role", { messages: [{ role: "user", content: "" }, { content: "" }] }],
    ["messages[0].content[0].type", { messages: [{ role: "user", content: [{ text: "" }] }] }],
    ["response_format.type", { response_format: {} }],
  ])("is named: %s", async (param, fields) => {
    await expectRefused(chat(fields), { code: "missing_required_parameter", param });
  });
});

describe("a field of the wrong type", () => {
  const wrong: [param: string, value: unknown][] = [
    ...["model", "service_tier", "user"].flatMap((name): [string, unknown][] => [
      [name, 1],
      [name, {}],
    ]),
    ...["temperature", "top_p", "frequency_penalty", "presence_penalty", "seed"].flatMap(
      (name): [string, unknown][] => [
        [name, "1"],
        [name, []],
      ],
    ),
    ...["max_completion_tokens", "max_tokens", "n", "top_logprobs"].flatMap((name): [string, unknown][] => [
      [name, "1"],
      [name, 1.5],
      [name, true],
    ]),
    ...["stream", "logprobs"].flatMap((name): [string, unknown][] => [
      [name, "true"],
      [name, 1],
    ]),
    ...["messages", "tools", "functions", "modalities"].flatMap((name): [string, unknown][] => [
      [name, {}],
      [name, "x"],
    ]),
    ["stream_options", true],
    ["response_format", "json"],
    ["stop", 7],
  ];
  test.each(wrong)("is named: %s cannot be %j", async (param, value) => {
    await expectRefused(chat({ [param]: value }), { code: "invalid_type", param });
  });

  test.each([
    ["messages[0]", { messages: ["hello"] }],
    [
      "messages[1].content",
      {
        messages: [
          { role: "user", content: "" },
          { role: "user", content: 5 },
        ],
      },
    ],
    ["messages[0].content[0]", withParts("hello")],
    ["stop[1]", { stop: ["a", 7] }],
    ["tools[0]", { tools: ["f"] }],
    ["stream_options.include_usage", { stream_options: { include_usage: "yes" } }],
  ])("is named where it is deep inside: %s", async (param, fields) => {
    await expectRefused(chat(fields), { code: "invalid_type", param });
  });
});

describe("a field of the wrong value", () => {
  test.each([
    ["model", { model: "" }],
    ["messages", { messages: [] }],
    ["messages[0].role", { messages: [{ role: "robot", content: "" }] }],
    ["n", { n: 0 }],
    ["max_completion_tokens", { max_completion_tokens: 0 }],
    ["max_tokens", { max_tokens: -1 }],
    ["top_logprobs", { top_logprobs: -1 }],
    ["tools[0].type", { tools: [{ type: "web_search" }] }],
    ["modalities[0]", { modalities: ["smell"] }],
    // What this model does not read or write.
    ["modalities", { modalities: ["text", "audio"] }],
    ["messages[0].content[1]", withParts({ type: "text", text: "" }, { type: "image_url", image_url: {} })],
    ["messages[0].content[0]", withParts({ type: "input_audio", input_audio: {} })],
    ["messages[0].content[0]", withParts({ type: "file", file: {} })],
  ])("is named: %s in %j", async (param, fields) => {
    await expectRefused(chat(fields), { code: "invalid_value", param });
  });
});

describe("a field that is not the client's to set", () => {
  test.each([
    ["api_key", "sk-1"],
    ["base_url", "http://169.254.169.254/"],
    ["api_base", null],
    ["web_search_options", {}],
    ["search_parameters", { mode: "on" }],
    ["plugins", [{ id: "web" }]],
    ["service_tier", "priority"],
    ["service_tier", "flex"],
  ])("is refused by its name: %s", async (param, value) => {
    await expectRefused(chat({ [param]: value }), { code: "unsupported_parameter", param });
  });
});

test.each([
  ["with a length", "content-length: 1000\r\n\r\n{"],
  ["in chunks", 'transfer-encoding: chunked\r\n\r\n9\r\n{"model":\r\n'],
])("a body that breaks off is no fault of ours: %s", async (_, rest) => {
  const { port } = new URL(world.router.baseUrl);
  const logged = world.router.lines.length;
  const socket = connect(Number(port), "127.0.0.1");
  const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${client.key}\r\n`;
  socket.write(head + rest, () => socket.end());
  const line = await vi.waitFor(() => world.router.lines[logged] ?? Promise.reject(new Error("no line yet")));
  expect(line).toMatchObject({ status: 400, code: "invalid_json" });
  expect(line.alarm).toBeUndefined();
});

function withParts(...content: unknown[]) {
  return { messages: [{ role: "user", content }] };
}
