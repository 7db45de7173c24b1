// An automatic top-up as an owner has it: the process that `npm start` runs, its test payment page, and a request that
// makes the balance low.
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import OpenAI from "openai";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { parseUsd } from "../../lambda/core/money.ts";
import { type LocalFolder, newLocalFolder } from "../contract/local-process.ts";
import { Browser } from "./browser.ts";

const WAIT = { timeout: 60_000, interval: 100 };

let folder: LocalFolder;
let owner: Browser;
let baseUrl: string;
beforeAll(async () => {
  folder = newLocalFolder();
  ({ baseUrl } = await folder.start());
  owner = new Browser(JSON.parse(readFileSync(path.join(folder.data, "local.json"), "utf8")).consoleUrl);
  await owner.signIn("local-owner");
});
afterAll(() => folder.remove());

async function posted(): Promise<bigint> {
  return parseUsd(String((await owner.call("GET", "balance")).json["posted"]));
}

async function done(method: string, route: string, body: object): Promise<Record<string, unknown>> {
  const { status, json } = await owner.call(method, route, body);
  expect({ status, json }).toMatchObject({ status: expect.toSatisfy((code: number) => code < 300) });
  return json;
}

async function topUps(): Promise<number> {
  const { credits } = (await owner.call("GET", "balance/credits")).json as { credits: { type: string }[] };
  return credits.filter(({ type }) => type === "topup").length;
}

test("A card that was saved with a top-up fills a low balance up by itself, once.", async () => {
  const before = await posted();
  const { url } = await done("POST", "payments/checkout", {
    amount: "10",
    checkout_id: randomUUID(),
    save_payment_method: true,
  });
  const paid = await fetch(String(url), {
    method: "POST",
    body: new URLSearchParams({ action: "pay" }),
    redirect: "manual",
  });
  expect(paid.status).toBe(303);
  await vi.waitFor(async () => expect(await posted()).toBe(before + parseUsd("10")), WAIT);

  await done("PUT", "payments/auto-top-up", { enabled: true, amount: "20", maximum_per_day: 1 });
  // What is there now is the least that is wanted: the next request makes it low.
  await done("PUT", "balance/threshold", {
    threshold: String((await owner.call("GET", "balance")).json["posted"]),
  });
  const topUpsBefore = await topUps();
  const { secret } = await done("POST", "keys", { name: "spends" });
  const client = new OpenAI({ baseURL: baseUrl, apiKey: String(secret), maxRetries: 0 });
  await client.chat.completions.create({
    model: "demo/echo",
    messages: [{ role: "user", content: "one two three" }],
  });
  await vi.waitFor(async () => expect(await topUps()).toBe(topUpsBefore + 1), WAIT);
  const after = await posted();
  expect(after).toBeGreaterThan(before + parseUsd("29.9"));
  expect(after).toBeLessThan(before + parseUsd("30"));
  const { receipts } = (await owner.call("GET", "payments/receipts")).json as { receipts: object[] };
  expect(receipts).toHaveLength(2);
});
