// The console as people use it: a real browser, the whole product behind it, the embedded issuer and the test payment
// page. One server and one browser for all of it; the tests tell one story and run in order.

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import OpenAI from "openai";
import type { BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { formatMoney } from "../../lambda/console/web/money.ts";
import { formatUsd, parseUsd } from "../../lambda/core/money.ts";
import { type LocalFolder, newLocalFolder } from "../contract/local-process.ts";
import { DESKTOP, goTo, PHONE, signIn, type Visitor, visit, whenLoaded } from "./browser.ts";
import { places } from "./places.ts";
import { COUNT_SHIFTS, colorProblemsOf, problemsOf, shiftProblems, tabTo } from "./problems.ts";
import { browserStory } from "./story.ts";

const { browser, story } = await browserStory();

let folder: LocalFolder;
let baseUrl: string;
let consoleUrl: string;
let owner: Visitor;
let page: Page;
let secret: string;
let requestId: string;
let accountId: string;

beforeAll(async () => {
  if (!browser) return;
  folder = newLocalFolder();
  ({ baseUrl } = await folder.start());
  consoleUrl = JSON.parse(readFileSync(path.join(folder.data, "local.json"), "utf8")).consoleUrl;
  owner = await visit(browser, { viewport: DESKTOP });
  page = owner.page;
});

afterAll(async () => {
  await browser?.close();
  await folder?.remove();
});

function ask(key: string) {
  const client = new OpenAI({ baseURL: baseUrl, apiKey: key, maxRetries: 0 });
  return client.chat.completions.create({
    model: "demo/echo",
    messages: [{ role: "user", content: "one two three four" }],
  });
}

/** Another window of the same person. */
async function another(options: BrowserContextOptions): Promise<Visitor> {
  if (!browser) throw new Error("no browser");
  return visit(browser, { ...options, storageState: await owner.context.storageState() });
}

/** The account's balance as the API has it, exact. */
async function postedPicoUsd(): Promise<bigint> {
  return parseUsd((await apiAnswer<{ posted: string }>("/balance")).posted);
}

async function apiAnswer<T>(route: string): Promise<T> {
  const answer = await fetch(baseUrl + route, { headers: { authorization: `Bearer ${secret}` } });
  return (await answer.json()) as T;
}

story("signing in leads over the issuer to the start page, which waits for the first request", async () => {
  await signIn(page, consoleUrl);
  await page.getByRole("status").getByText("Waiting for your first request").waitFor();
});

story("a key is created, shown once and in the examples", async () => {
  await page.getByRole("button", { name: /Create .* key/ }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Create key" }).click();
  // Without a name it says so, at the field.
  await dialog.getByText("Expected a text").waitFor();
  await dialog.getByRole("textbox", { name: "Name" }).fill("Browser test");
  await dialog.getByRole("button", { name: "Create key" }).click();
  secret = await dialog.getByTestId("secret").innerText();
  expect(secret).toMatch(/^wlrouter_\w{49}$/);
  await dialog.getByRole("button", { name: "I have copied it" }).click();
  await dialog.waitFor({ state: "detached" });
  for (const language of ["curl", "TypeScript", "Python"]) {
    await page.getByRole("tab", { name: language }).click();
    const example = await page.getByRole("region", { name: `The first request in ${language}` }).innerText();
    expect(example).toContain(secret);
    expect(example).toContain(baseUrl);
  }
});

story("the key works with the openai package, and the start page turns green by itself", async () => {
  const answer = await ask(secret);
  expect(answer.choices[0]?.message.content).toBe("one two three four");
  await page.getByRole("status").getByText("Your first request has arrived").waitFor();
  await page.getByRole("link", { name: "See what it cost" }).click();
  await page.getByRole("heading", { name: "Request", level: 1 }).waitFor();
  await whenLoaded(page);
  requestId = page.url().split("/").at(-1) ?? "";
  const shown = await page.getByRole("region", { name: "What it cost" }).innerText();
  const { cost } = await apiAnswer<{ cost: string }>(`/requests/${requestId}`);
  expect(shown).toContain(`$${cost}`);
  expect(await page.getByRole("region", { name: "What happened" }).innerText()).toContain("demo/echo");
});

story("the request is in the log, and is found by key, model, outcome and id", async () => {
  await goTo(page, consoleUrl, "/requests");
  const log = page.getByRole("region", { name: "Requests" });
  const row = log.getByRole("row", { name: requestId.slice(-12) });
  await row.getByText("completed").waitFor();
  await page.getByRole("combobox", { name: "Outcome" }).selectOption("failed");
  await page.getByText("Nothing matches").waitFor();
  await page.getByRole("button", { name: "Show all requests" }).click();
  await page.getByRole("textbox", { name: "Request id" }).fill(requestId);
  await page.getByRole("combobox", { name: "Model" }).selectOption("demo/echo");
  await row.waitFor();
});

story("10 USD cost 10.50 and are 10.00 on the balance", async () => {
  await goTo(page, consoleUrl, "/balance");
  const before = await postedPicoUsd();
  const topUp = page.getByRole("region", { name: "Top up" });
  await topUp.getByRole("textbox", { name: "Credit in USD" }).fill("9.99");
  await topUp.getByText("This amount is not possible").waitFor();
  expect(await topUp.getByRole("button", { name: /^Pay/ }).isDisabled()).toBe(true);
  await topUp.getByRole("textbox", { name: "Credit in USD" }).fill("10");
  await topUp.getByRole("button", { name: "Pay $10.50" }).waitFor();
  expect(await topUp.locator("dl").innerText()).toMatch(/\$10\.00[\s\S]*\$0\.50[\s\S]*\$10\.50/);
  await topUp.getByRole("button", { name: "Pay $10.50" }).click();
  await page.getByRole("heading", { name: "Test payment" }).waitFor();
  await page.getByRole("button", { name: /Pay with the test card 4242/ }).click();
  await page.getByText("Paid and credited").waitFor();
  await page.getByRole("region", { name: "History" }).getByText("+$10.00").waitFor();
  const receipt = page.getByRole("region", { name: "Receipts" }).first();
  for (const amount of ["$10.00", "$0.50", "$10.50"])
    await receipt.getByText(amount, { exact: true }).waitFor();
  const after = await postedPicoUsd();
  expect(after - before).toBe(parseUsd("10"));
  await page
    .getByRole("region", { name: "Posted" })
    .getByText(formatMoney(formatUsd(after)))
    .waitFor();
});

story("usage is charted, added up and can be downloaded", async () => {
  await goTo(page, consoleUrl, "/usage");
  await page.getByRole("img", { name: /^Cost by model/ }).waitFor();
  await page.getByRole("region", { name: "Models" }).first().getByText("demo/echo").waitFor();
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download CSV" }).click();
  const csv = readFileSync(await (await download).path(), "utf8");
  expect(csv).toContain("demo/echo");
});

story("a report is downloaded by a link that is signed", async () => {
  const { created_at } = await apiAnswer<{ created_at: string }>(`/requests/${requestId}`);
  const day = created_at.slice(0, "2026-11-23".length);
  await promisify(execFile)(process.execPath, ["bin/cli.ts", "reports", "run", "--date", day], {
    env: { PATH: process.env["PATH"], WLROUTER_DATA: folder.data },
  });
  await page.reload();
  const link = page.waitForResponse((response) => response.url().endsWith("/link"));
  await page.getByRole("button", { name: `Download the daily usage of ${day} as csv` }).click();
  const { url } = (await (await link).json()) as { url: string };
  expect(new URL(url).searchParams.get("X-Amz-Signature")).toMatch(/^[0-9a-f]{64}$/);
  expect(await (await fetch(url)).text()).toContain("demo/echo");
});

story("a key can be made with the keyboard alone", async () => {
  await goTo(page, consoleUrl, "/keys");
  await tabTo(page, "New key");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog", { name: "New key" }).waitFor();
  // The dialog has taken the focus to its first field.
  await page.keyboard.type("By keyboard");
  await tabTo(page, "None");
  await page.keyboard.press("ArrowRight");
  await tabTo(page, "At most a month, in USD");
  await page.keyboard.type("5");
  await tabTo(page, "Create key");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").getByTestId("secret").waitFor();
  await tabTo(page, "I have copied it");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page
    .getByRole("row", { name: /By keyboard/ })
    .getByText("$0.00 of $5.00 this month")
    .waitFor();
});

story("a key is renamed, and revoked after a question: it is refused from then on", async () => {
  await page.getByRole("button", { name: "Rename By keyboard" }).click();
  await page.getByRole("textbox", { name: "Name" }).fill("Renamed");
  await page.getByRole("dialog").getByRole("button", { name: "Rename" }).click();
  await page.getByRole("row", { name: /Renamed/ }).waitFor();
  await page.getByRole("button", { name: "Revoke Browser test" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  expect((await ask(secret)).object).toBe("chat.completion");
  await page.getByRole("button", { name: "Revoke Browser test" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke the key" }).click();
  await page.getByRole("row", { name: /Browser test/ }).waitFor({ state: "detached" });
  await expect(ask(secret)).rejects.toMatchObject({ status: 401 });
});

story("an operator credits an account with a reason, which the audit log keeps", async () => {
  await goTo(page, consoleUrl, "/operator/accounts");
  await page.getByRole("region", { name: "Accounts" }).getByRole("link").first().click();
  await page.getByRole("button", { name: "Credit" }).click();
  accountId = page.url().split("/").at(-1) ?? "";
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Amount in USD" }).fill("1.25");
  await dialog.getByRole("textbox", { name: /Reason/ }).fill("Thanks for testing");
  await dialog.getByRole("button", { name: "Credit" }).click();
  await page.getByRole("region", { name: "Newest credits" }).getByText("+$1.25").waitFor();
  await goTo(page, consoleUrl, "/operator/audit");
  await page
    .getByRole("row", { name: /account\.credit/ })
    .getByText("Thanks for testing")
    .waitFor();
});

story.each([
  ["desktop", DESKTOP, ["light", "dark"]],
  ["phone", PHONE, []],
] as const)(
  "every page on a %s has no serious accessibility violation, fits and stands still",
  { timeout: 300_000 },
  async (_, viewport, colorSchemes) => {
    const visitor = await another({ viewport });
    await visitor.page.addInitScript(COUNT_SHIFTS);
    const found: Record<string, unknown> = {};
    for (const [name, place] of Object.entries(places({ accountId, requestId }))) {
      await goTo(visitor.page, consoleUrl, place);
      const problems = [...(await shiftProblems(visitor.page)), ...(await problemsOf(visitor.page))];
      for (const colorScheme of colorSchemes) {
        await visitor.page.emulateMedia({ colorScheme });
        problems.push(
          ...(await colorProblemsOf(visitor.page)).map((problem) => `${colorScheme}: ${problem}`),
        );
      }
      if (problems.length > 0) found[name] = problems;
    }
    await visitor.context.close();
    expect(found).toEqual({});
    expect(visitor.complaints).toEqual([]);
  },
);

story("on a phone the menu opens, leads on and closes", async () => {
  const { page: phone, context } = await another({ viewport: PHONE, hasTouch: true });
  await goTo(phone, consoleUrl, "/");
  await phone.getByRole("button", { name: "Open the menu" }).tap();
  await phone.getByRole("link", { name: "Keys" }).tap();
  await phone.getByRole("heading", { name: "Keys", level: 1 }).waitFor();
  await phone.getByRole("button", { name: "Open the menu" }).waitFor();
  await phone.getByRole("button", { name: "New key" }).tap();
  expect(await problemsOf(phone)).toEqual([]);
  await context.close();
});

story("what the API refuses is said in its words, and can be tried again", async () => {
  const { page: other, context } = await another({ viewport: DESKTOP });
  await other.route("**/api/keys", (route) => route.abort(), { times: 10 });
  await other.goto(`${consoleUrl}#/keys`);
  await other.getByRole("alert").getByText("The server did not answer").waitFor();
  await other.unrouteAll();
  await other.getByRole("button", { name: "Try again" }).click();
  await other.getByRole("row", { name: /Renamed/ }).waitFor();
  await other.goto(`${consoleUrl}#/requests/req_unknown`);
  await other.getByRole("alert").waitFor();
  await other.goto(`${consoleUrl}#/nowhere`);
  await other.getByRole("heading", { name: "There is nothing here" }).waitFor();
  await context.close();
});

story("signing out ends the session here and at the issuer", async () => {
  await goTo(page, consoleUrl, "/");
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "You are signed out" }).waitFor();
  expect(await problemsOf(page)).toEqual([]);
  await page.getByRole("link", { name: "Sign in" }).click();
  // Asked again, not let in by what the issuer remembers.
  await page.getByRole("button", { name: /Continue as/ }).waitFor();
});

story("the browser had nothing to complain of", () => {
  expect(owner.complaints).toEqual([]);
});
