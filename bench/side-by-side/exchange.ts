import { createHash } from "node:crypto";
import { formatKey } from "../../lambda/core/keys.ts";

/** Of a stream, its usage among them. */
export const CHUNKS = 50;
/** Of a stream with a second and more between its chunks: thousands of them take a while to begin. */
export const SLOW_CHUNKS = 120;

const key = formatKey(Buffer.alloc(32, 7));
export const KEY = key;

/** The one API key that the canned table has. */
export const KEY_ITEM = {
  keyHash: { S: createHash("sha256").update(key).digest("hex") },
  keyId: { S: "key_bench" },
  accountId: { S: "acct_bench" },
  name: { S: "bench" },
  last4: { S: key.slice(-4) },
  createdAt: { S: "2026-11-23T12:00:00.000Z" },
  status: { S: "active" },
};

/** A short conversation, as clients send them. */
export function requestBody(pauseMs: number | undefined): string {
  return JSON.stringify({
    model: `bench-${pauseMs ?? 0}`,
    messages: [
      { role: "system", content: "You are a helpful assistant that answers in one short paragraph." },
      { role: "user", content: "Tell me about the history of the bicycle in a few sentences, please." },
    ],
    max_completion_tokens: 200,
    ...(pauseMs !== undefined && { stream: true, stream_options: { include_usage: true } }),
  });
}
