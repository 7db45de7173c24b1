import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createObjectStore, createS3Client } from "../../lambda/adapters/s3/object-store.ts";
import type { ObjectStore } from "../../lambda/core/ports.ts";
import { LOCAL_BUCKET, type LocalS3, startS3 } from "../../local/s3.ts";

let folder: string;
let s3: LocalS3;
let objects: ObjectStore;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "wlrouter-s3-"));
  s3 = await startS3(path.join(folder, "s3"));
  objects = createObjectStore(createS3Client(s3.endpoint), LOCAL_BUCKET);
});
afterAll(async () => {
  await s3.close();
  rmSync(folder, { recursive: true });
});

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (read: Uint8Array | undefined) => read && new TextDecoder().decode(read);

async function keys(prefix: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of objects.list(prefix)) found.push(key);
  return found;
}

/** Just what is given, dots and foreign names included: `fetch` would tidy it up. */
function call(method: string, target: string, headers: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(s3.endpoint, { method, path: target, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on("error", reject).end();
  });
}

test("what is put is read back byte for byte, and overwritten whole", async () => {
  const key = "reports/daily/dt=2026-11-22/acct_é &<1>.csv";
  await objects.put(key, bytes("a,b\n\u0000ü\n"), "text/csv");
  expect(text(await objects.get(key))).toBe("a,b\n\u0000ü\n");
  await objects.put(key, bytes(""), "text/csv");
  expect(text(await objects.get(key))).toBe("");
  expect(await objects.get("reports/nothing")).toBeUndefined();
  expect(await keys("reports/daily/dt=2026-11-22/acct_é")).toEqual([key]);
  expect(readdirSync(path.join(folder, "s3"))).toEqual([LOCAL_BUCKET]);
});

test("a list has every key with the prefix, in order, over as many pages as it takes", async () => {
  const names = Array.from({ length: 2_100 }, (_, i) => `many/n${String(i).padStart(4, "0")}.csv`);
  for (let i = 0; i < names.length; i += 100) {
    await Promise.all(names.slice(i, i + 100).map((name) => objects.put(name, bytes("x"), "text/csv")));
  }
  await objects.put("manyother", bytes("x"), "text/csv");
  expect(await keys("many/")).toEqual(names);
  expect(await keys("many/n00")).toHaveLength(100);
  expect(await keys("no/such")).toEqual([]);
  expect((await keys("many")).length).toBe(2_101);
});

test("any program on this machine reads without a signature, also a part, also the list with its folders", async () => {
  await objects.put("open/a.csv", bytes("0123456789"), "text/csv");
  const url = `${s3.endpoint}/${LOCAL_BUCKET}/open/a.csv`;
  expect(await (await fetch(url)).text()).toBe("0123456789");
  expect((await fetch(url)).headers.get("content-type")).toBe("text/csv; charset=utf-8");
  for (const [range, part] of [
    ["bytes=2-4", "234"],
    ["bytes=7-", "789"],
    ["bytes=-2", "89"],
  ] as const) {
    const answer = await fetch(url, { headers: { range } });
    expect([answer.status, await answer.text()]).toEqual([206, part]);
  }
  expect((await fetch(url, { headers: { range: "bytes=10-" } })).status).toBe(416);
  const head = await fetch(url, { method: "HEAD" });
  expect([head.status, head.headers.get("content-length")]).toEqual([200, "10"]);
  const list = await (await fetch(`${s3.endpoint}/${LOCAL_BUCKET}?list-type=2&delimiter=/`)).text();
  expect(list).toContain("<CommonPrefixes><Prefix>open/</Prefix></CommonPrefixes>");
});

test("nobody writes without a signature, and nothing is read or written outside the bucket", async () => {
  expect(await call("PUT", `/${LOCAL_BUCKET}/open/b.csv`)).toBe(403);
  expect(await objects.get("open/b.csv")).toBeUndefined();
  for (const target of ["%2e%2e/secret", "..%2fsecret", "a/%2e%2e/%2e%2e/secret", "a//b", "%5c..", "a%00b"]) {
    expect(await call("PUT", `/${LOCAL_BUCKET}/${target}`, { authorization: "x" })).toBeGreaterThanOrEqual(
      400,
    );
    expect(await call("GET", `/${LOCAL_BUCKET}/${target}`)).toBeGreaterThanOrEqual(400);
  }
  expect(await call("GET", "/other/open/a.csv")).toBe(404);
  expect(await call("GET", `/${LOCAL_BUCKET}/%zz`)).toBe(400);
  expect(await call("DELETE", `/${LOCAL_BUCKET}/open/a.csv`)).toBe(405);
  expect(existsSync(path.join(folder, "secret"))).toBe(false);
  writeFileSync(path.join(folder, "s3", "secret"), "");
  const outside = await fetch(`${s3.endpoint}/${LOCAL_BUCKET}?list-type=2&prefix=../`);
  expect(await outside.text()).toContain("<KeyCount>0</KeyCount>");
  rmSync(path.join(folder, "s3", "secret"));
});

test("a web page whose name was made to mean this machine reads nothing", async () => {
  expect(await call("GET", `/${LOCAL_BUCKET}?list-type=2`, { host: "evil.example" })).toBe(403);
  expect(await call("GET", `/${LOCAL_BUCKET}?list-type=2`, { host: "localhost:1" })).toBe(200);
});
