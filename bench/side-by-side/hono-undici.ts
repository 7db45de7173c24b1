/** Reference: hono in front of an undici Pool, and nothing else. `node bench/side-by-side/hono-undici.ts <provider port>`. */
import { Readable } from "node:stream";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { Pool } from "undici";

const [port] = process.argv.slice(2);
const pool = new Pool(`http://127.0.0.1:${port}`);
const app = new Hono();

app.post("/v1/chat/completions", async (c) => {
  const answer = await pool.request({
    path: "/v1/chat/completions",
    method: "POST",
    headers: { "content-type": "application/json" },
    body: new Uint8Array(await c.req.arrayBuffer()),
  });
  const type = String(answer.headers["content-type"]);
  return new Response(Readable.toWeb(answer.body), { headers: { "content-type": type } });
});

serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port: own }) => process.send?.(own));
