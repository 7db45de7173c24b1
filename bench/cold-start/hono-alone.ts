/** Reference: hono with one route and nothing behind it, through the project's own Lambda adapter. */
import { Hono } from "hono";
import { streamHandler } from "../../lambda/adapters/lambda/stream-handler.ts";

const app = new Hono();
app.post("/v1/chat/completions", async (c) => {
  await c.req.json();
  return c.json({ usage: {} });
});

export const handler = streamHandler((request) => app.fetch(request));
