import { afterAll, beforeAll, expect, test } from "vitest";
import { type ProviderServer, sse, startProviderServer, stream } from "../fakes/provider-server.ts";
import { type Router, startRouter } from "../fakes/router.ts";

let provider: ProviderServer;
let router: Router;

beforeAll(async () => {
  provider = await startProviderServer();
  router = await startRouter({ providerUrl: provider.baseUrl });
});

afterAll(async () => {
  await router.close();
  await provider.close();
});

function post(body: object): Promise<Response> {
  return fetch(`${router.baseUrl}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${router.key}` },
    body: JSON.stringify({ model: "test/model", messages: [{ role: "user", content: "hi" }], ...body }),
  });
}

test.each(["MAX_TOKENS", "Max_Completion_Tokens", "N", "Service_Tier", "Api_Key", "Models"])(
  "%s, which some providers would read as the field that money depends on, is refused before any call",
  async (field) => {
    const answer = await post({ [field]: 5 });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { code: "unsupported_parameter", param: field } });
    expect(provider.calls).toHaveLength(0);
  },
);

test("a stream whose provider counts nothing tells who asked for usage what it was charged", async () => {
  const chunk = { choices: [{ index: 0, delta: { content: "four" }, finish_reason: "stop" }] };
  provider.next(stream(sse(chunk, "[DONE]")));
  const answer = await post({ stream: true, stream_options: { include_usage: true } });
  const text = await answer.text();
  const events = text.split("\n\n").filter((event) => event.startsWith("data: {"));
  const last = JSON.parse(events.at(-1)?.slice("data: ".length) ?? "");
  expect(last).toMatchObject({
    object: "chat.completion.chunk",
    choices: [],
    usage: { completion_tokens: 1 },
  });
  const headers = { authorization: `Bearer ${router.key}` };
  const id = answer.headers.get("x-request-id");
  const charged = await (await fetch(`${router.baseUrl}/requests/${id}`, { headers })).json();
  expect(charged).toMatchObject({ estimated: true, cost: last.usage.cost });
  expect(text.endsWith("data: [DONE]\n\n")).toBe(true);
});
