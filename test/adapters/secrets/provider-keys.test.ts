import { expect, test } from "vitest";
import {
  providerKeysFromSecret,
  secretsManagerReader,
} from "../../../lambda/adapters/secrets/provider-keys.ts";
import { providerKeysFromEnvironment } from "../../../local/provider-keys.ts";

const MINUTE_MS = 60_000;

/** A secret that can be changed, broken and counted, and a clock that stands still until told. */
function setUp(initial: string | Error) {
  const secret = { text: initial, reads: 0 };
  const clock = { atMs: 1_000_000 };
  const read = async (): Promise<string> => {
    secret.reads++;
    const { text } = secret;
    await new Promise(setImmediate);
    if (text instanceof Error) throw text;
    return text;
  };
  return { secret, clock, keyNamed: providerKeysFromSecret(read, { nowMs: () => clock.atMs }) };
}

const SECRET = JSON.stringify({ OPENAI_API_KEY: "sk-one", XAI_API_KEY: " xai-two\n", EMPTY: "", NUMBER: 7 });

test("each provider gets its own key, without the white space it was pasted with", async () => {
  const { keyNamed } = setUp(SECRET);
  expect(await keyNamed("OPENAI_API_KEY").get()).toBe("sk-one");
  expect(await keyNamed("XAI_API_KEY").get()).toBe("xai-two");
});

test.each(["MISSING", "EMPTY", "NUMBER", "toString"])("%s is no key", async (name) => {
  const { keyNamed } = setUp(SECRET);
  expect(await keyNamed(name).get()).toBeUndefined();
});

test("the secret is read once for all providers and requests that wait together", async () => {
  const { secret, keyNamed } = setUp(SECRET);
  await Promise.all([
    keyNamed("OPENAI_API_KEY").get(),
    keyNamed("XAI_API_KEY").get(),
    keyNamed("XAI_API_KEY").refresh(),
  ]);
  expect(secret.reads).toBe(1);
});

test("a key is kept for five minutes, then read again", async () => {
  const { secret, clock, keyNamed } = setUp(SECRET);
  const key = keyNamed("OPENAI_API_KEY");
  await key.get();
  secret.text = '{"OPENAI_API_KEY":"sk-new"}';
  clock.atMs += 5 * MINUTE_MS - 1;
  expect(await key.get()).toBe("sk-one");
  clock.atMs += 1;
  expect(await key.get()).toBe("sk-new");
});

test("a freshly filled secret works at the first refusal, and is not read for every refusal", async () => {
  const { secret, clock, keyNamed } = setUp('{"OPENAI_API_KEY":"sk-old"}');
  const key = keyNamed("OPENAI_API_KEY");
  await key.get();
  clock.atMs += 5_000;
  secret.text = SECRET;
  expect(await key.refresh()).toBe("sk-one");
  for (let refusal = 0; refusal < 10; refusal++) await key.refresh();
  expect(secret.reads).toBe(2);
});

test("while the secret cannot be read, the last keys stay good and reads stay rare", async () => {
  const { secret, clock, keyNamed } = setUp(SECRET);
  const key = keyNamed("OPENAI_API_KEY");
  await key.get();
  secret.text = new Error("throttled");
  clock.atMs += 5 * MINUTE_MS;
  expect([await key.get(), await key.get(), await key.refresh()]).toEqual(["sk-one", "sk-one", "sk-one"]);
  expect(secret.reads).toBe(2);
});

test.each([
  ["broken JSON", '{"OPENAI_API_KEY": sk-one}'],
  ["no object", "null"],
  ["an SDK error", new Error("AccessDenied for sk-one")],
])("%s is an error without a word of the secret, and is tried again", async (_what, text) => {
  const { secret, keyNamed } = setUp(text);
  const error = await keyNamed("OPENAI_API_KEY")
    .get()
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "no_route_available", retryable: true, cause: undefined });
  expect(String(error)).not.toContain("sk-one");
  secret.text = SECRET;
  expect(await keyNamed("OPENAI_API_KEY").get()).toBe("sk-one");
});

test("on one machine the keys come from the environment, read at each call", async () => {
  const environment: Record<string, string> = { OPENAI_API_KEY: "sk-one\n", EMPTY: "" };
  const keyNamed = providerKeysFromEnvironment(environment);
  expect(await keyNamed("OPENAI_API_KEY").get()).toBe("sk-one");
  expect(await keyNamed("EMPTY").get()).toBeUndefined();
  environment["OPENAI_API_KEY"] = "sk-two";
  expect(await keyNamed("OPENAI_API_KEY").refresh()).toBe("sk-two");
});

test("The secret is read by its ARN; a read that fails is tried again, twice.", async () => {
  const asked: string[] = [];
  const pauses: number[] = [];
  const answers = [{ status: 500, body: "{}" }, undefined, { status: 200, body: '{"SecretString":"{}"}' }];
  const read = secretsManagerReader(
    async (operation, body) => {
      const answer = answers[asked.push(`${operation} ${body}`) - 1];
      if (!answer) throw new Error("by test");
      return answer;
    },
    "arn:1",
    async (milliseconds) => pauses.push(milliseconds),
  );
  expect(await read()).toBe("{}");
  expect(asked).toEqual(Array.from({ length: 3 }, () => 'GetSecretValue {"SecretId":"arn:1"}'));
  expect(pauses).toEqual([100, 200]);
  await expect(read()).rejects.toThrow();
  expect(asked).toHaveLength(6);
});
