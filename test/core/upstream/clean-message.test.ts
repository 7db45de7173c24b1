import fc from "fast-check";
import { expect, test } from "vitest";
import { cleanMessage } from "../../../lambda/core/upstream/clean-message.ts";

test.each([
  ["Incorrect API key provided: sk-proj-AbC12****************wxyz.", /sk-|wxyz/],
  ["Authentication Fails, Your api key: ****-key is invalid", /\*|-key/],
  ["Bad key gsk_1a2B3c4D5e6F7g8H, xai-ABCDEFGHIJ and hf_abcdefgh", /gsk_|xai-|hf_/],
  ["Rate limit reached for gpt-4.1 in organization org-AbCdEfGhIjKl on tokens per min", /org-|AbCd/],
  ["Rate limit reached in organization `Acme Holding Ltd` on tokens per min (TPM): Limit 30000", /Acme/],
  ["Not allowed for project proj_abcdefgh1234.", /proj_|1234/],
  [
    "Your team 98f8bb36-2a08-4a4b-93e5-6a1be9a5a1f0 has either used all credits or reached its limit",
    /98f8|6a1b/,
  ],
  ["user_2w02ZGxKw2KeeHUGGzosck1DmmN may not do this", /user_|2w02/],
  ["Please write to jane.doe+ai@acme-corp.co.uk about it", /jane|acme/],
  ["Add credit at https://platform.openai.com/account/billing/overview now", /platform|billing/],
  ["See https://openrouter.ai/settings/integrations", /openrouter/],
  ["You can obtain an API key from https://console.x.ai.", /console/],
  ["The server had an error (request ID req_0a1b2c3d4e5f) while", /req_|0a1b/],
  ["x-request-id: 7f3a9c1e failed", /7f3a/],
  ["Key 0hGvTq9XkPz4LmNc7RsWb2YdJf5AeUiO is not active", /0hGv/],
])("%s loses the account's data", (message, secret) => {
  const cleaned = cleanMessage(message);
  expect(cleaned).toContain("[redacted]");
  expect(cleaned).not.toMatch(secret);
});

test.each([
  "Unsupported value: 'messages[0].role' does not support 'developer' with this model.",
  "Error while downloading https://source.unsplash.com/8xznAGy4HcY/800x400.",
  "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
  "This model's maximum context length is 1048565 tokens. However, you requested 1250025 tokens.",
  "An assistant message with 'tool_calls' must be followed by tool messages: call_Ab12Cd34Ef56Gh78Ij90Kl12",
  "Invalid schema for response_format 'very_long_name_of_a_schema_that_has_no_digits_in_it': task-force risk-based",
])("%s stays as it is", (message) => {
  expect(cleanMessage(message)).toBe(message);
});

test("a message is cut at a space, so that half a key is never left over", () => {
  const cleaned = cleanMessage(`${"word ".repeat(399)}Ab1${"x9Y".repeat(100)} end`);
  expect(cleaned.length).toBeLessThan(2_100);
  expect(cleaned).not.toContain("Ab1");
});

test("keys are found wherever they stand", () => {
  const key = fc.stringMatching(/^(sk|gsk|xai)-[A-Za-z0-9]{20,60}$/);
  const words = fc.stringMatching(/^[a-z ,.:'"()]{0,60}$/);
  fc.assert(
    fc.property(words, key, words, (before, secret, after) => {
      expect(cleanMessage(`${before} ${secret} ${after}`)).not.toContain(secret);
      expect(cleanMessage(`${before}'${secret}'${after}`)).not.toContain(secret);
    }),
  );
});
