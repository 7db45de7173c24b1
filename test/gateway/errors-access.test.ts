import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { formatKey } from "../../lambda/core/keys.ts";
import { chat, completion, usage } from "./completions.ts";
import { expectError, openWorld, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await openWorld();
  world.provider.always(completion("Hi", usage(10, 2)));
});
afterAll(() => world.close());

describe("a route", () => {
  test.each([
    ["GET", "/v1/chat/completions", "POST"],
    ["PUT", "/v1/chat/completions", "POST"],
    ["DELETE", "/v1/models", "GET"],
    ["POST", "/v1/models/some/model", "GET"],
    ["POST", "/v1/balance", "GET"],
    ["PATCH", "/v1/key", "GET"],
    ["POST", "/v1/requests/req_1", "GET"],
    ["POST", "/healthz", "GET"],
    ["POST", "/openapi.json", "GET"],
  ])("that is not for %s %s says which method is", async (method, path, allowed) => {
    const response = await fetch(new URL(path, world.router.baseUrl), { method });
    const message = await expectError(response, {
      status: 405,
      code: "method_not_allowed",
      type: "invalid_request_error",
    });
    expect(message).toContain(`use ${allowed}`);
    expect(response.headers.get("allow")).toBe(allowed);
  });

  test.each([
    ["the root", "/"],
    ["/v1", "/v1"],
    ["OpenAI's older API", "/v1/completions"],
    ["a slash at the end", "/v1/chat/completions/"],
    ["broken percent encoding", "/v1/%E0%A4%A"],
    ["5,000 letters", `/${"a".repeat(5_000)}`],
  ])("that is not there is a 404: %s", async (_, path) => {
    const response = await fetch(new URL(path, world.router.baseUrl));
    await expectError(response, { status: 404, code: "not_found", type: "invalid_request_error" });
  });

  test("never takes over the client's request id", async () => {
    const headers = { "x-request-id": "req_mine" };
    const response = await fetch(new URL("/nowhere", world.router.baseUrl), { headers });
    await expectError(response, { status: 404, code: "not_found" });
  });

  test.each([
    ["never seen", "req_unknown"],
    ["another entry's", "topup_1"],
    ["longer than a key of a table", `req_${"a".repeat(1_100)}`],
    ["no text", "%00"],
    ["a smile", "%F0%9F%98%80"],
  ])("asked for a request that is not there answers 404: its id is %s", async (_, id) => {
    const client = await world.client();
    await expectError(await client.get(`/requests/${id}`), { status: 404, code: "not_found" });
  });

  test("shows nobody another account's request", async () => {
    const [mine, theirs] = [await world.client(), await world.client()];
    const { entryId } = await theirs.ended(await theirs.post(chat()));
    expect((await theirs.get(`/requests/${entryId}`)).status).toBe(200);
    await expectError(await mine.get(`/requests/${entryId}`), { status: 404, code: "not_found" });
  });
});

describe("a key", () => {
  const refused = { status: 401, code: "invalid_api_key", type: "authentication_error" };
  const wellFormed = formatKey(randomBytes(32));

  test.each([
    ["no header", {}, /No API key was sent/],
    ["an empty one", { authorization: "" }, /No API key was sent/],
    ["another scheme", { authorization: "Basic d2xyb3V0ZXI6eA==" }, /No API key was sent/],
    ["no key behind Bearer", { authorization: "Bearer " }, /No API key was sent/],
    ["OpenAI's key", { authorization: "Bearer sk-proj-abcdefghijklmnop" }, /not a WLRouter key/],
    ["a mistyped key", { authorization: `Bearer ${mistyped(wellFormed)}` }, /mistyped or cut short/],
    ["a key cut short", { authorization: `Bearer ${wellFormed.slice(0, -1)}` }, /mistyped or cut short/],
    ["an unknown key", { authorization: `Bearer ${wellFormed}` }, /unknown/],
  ])("is refused: %s", async (_, headers: Record<string, string>, message) => {
    const before = world.upstreamCalls();
    for (const [method, path] of [
      ["POST", "/chat/completions"],
      ["GET", "/balance"],
      ["GET", "/key"],
      ["GET", "/requests/req_1"],
    ] as const) {
      const response = await fetch(world.router.baseUrl + path, {
        method,
        headers,
        ...(method === "POST" && { body: JSON.stringify(chat()) }),
      });
      expect(await expectError(response, refused)).toMatch(message);
    }
    expect(world.upstreamCalls()).toBe(before);
  });

  test("that is refused is not repeated", async () => {
    const headers = { authorization: `Bearer ${wellFormed}` };
    const response = await fetch(`${world.router.baseUrl}/balance`, { headers });
    expect(await response.text()).not.toContain(wellFormed.slice(-8));
  });

  test("that has expired is refused", async () => {
    const client = await world.client({ expiresAt: "2020-01-01T00:00:00.000Z" });
    expect(await expectError(await client.post(chat()), refused)).toContain("expired at 2020-01-01");
    await client.expectUntouched();
  });

  test("that is revoked while its lookup is cached is refused by the next hold", async () => {
    const client = await world.client();
    await client.ended(await client.post(chat()));
    const keyHash = createHash("sha256").update(client.key).digest("hex");
    const [found] = await Array.fromAsync(world.router.keys.list(client.accountId));
    if (!found) throw new Error("the key is not there");
    expect(found.keyHash).toBe(keyHash);
    await world.router.keys.revoke(found);
    const before = world.upstreamCalls();
    expect(await expectError(await client.post(chat()), refused)).toContain("revoked");
    expect(world.upstreamCalls()).toBe(before);
  });
});

describe("an account", () => {
  test("that is suspended while its key is cached is refused by the next hold, and works when resumed", async () => {
    const client = await world.client();
    await client.ended(await client.post(chat()));
    await world.router.accounts.setStatus(client.accountId, "suspended");
    const before = world.upstreamCalls();
    await expectError(await client.post(chat()), {
      status: 403,
      code: "account_suspended",
      type: "permission_error",
    });
    expect(world.upstreamCalls()).toBe(before);
    await world.router.accounts.setStatus(client.accountId, "active");
    expect((await client.post(chat())).status).toBe(200);
  });
});

describe("a model", () => {
  test.each([
    ["unknown", "no-such-model"],
    ["a name of JavaScript's", "__proto__"],
    ["100,000 letters", "x".repeat(100_000)],
  ])("that is not there is a 404: %s", async (_, model) => {
    const client = await world.client();
    const message = await expectError(await client.post(chat({ model })), {
      status: 404,
      code: "model_not_found",
      type: "invalid_request_error",
      param: "model",
    });
    expect(message.length).toBeLessThan(300);
    await client.expectUntouched();
  });

  test("that the key may not use is a 403 that names those it may", async () => {
    const client = await world.client({ allowedModels: ["other/model", "demo/echo"] });
    const message = await expectError(await client.post(chat()), {
      status: 403,
      code: "model_not_allowed",
      type: "permission_error",
      param: "model",
    });
    expect(message).toMatch(/demo\/echo/);
    await client.expectUntouched();
    expect((await client.post(chat({ model: "demo/echo" }))).status).toBe(200);
  });
});

function mistyped(key: string): string {
  const at = key.length - 20;
  return key.slice(0, at) + (key[at] === "a" ? "b" : "a") + key.slice(at + 1);
}
