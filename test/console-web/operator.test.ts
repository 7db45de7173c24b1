// What an operator does to an account, and its owner to a key, in a real browser: each dialog as somebody fills it in
// wrong, then right, and what comes of it. The tests tell one story and run in order.
import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { formatUsd } from "../../lambda/core/money.ts";
import { builtConsolePage } from "../../lib/console-page.ts";
import { type ConsoleWorld, openConsoleWorld, putSuspense } from "../console/console-world.ts";
import { DESKTOP, goTo, openBrowser, PHONE, signIn, type Visitor, visit } from "./browser.ts";
import { dialogProblems, problemsOf } from "./problems.ts";

const opened = await openBrowser();
const browser = typeof opened === "string" ? undefined : opened;
if (!browser) console.log(`the console's browser tests are skipped: ${opened}`);
const story = test.skipIf(!browser);

let world: ConsoleWorld;
let operator: Visitor;
let page: Page;
let accountId: string;

beforeAll(async () => {
  if (!browser) return;
  world = await openConsoleWorld({ pageFolder: await builtConsolePage(() => {}) });
  operator = await visit(browser, { viewport: DESKTOP });
  page = operator.page;
});

afterAll(async () => {
  await browser?.close();
  await world?.close();
});

async function balance(): Promise<{ posted: string; writeOff: string }> {
  const account = await world.router.ledger.account(accountId);
  if (!account) throw new Error("no such account");
  return { posted: formatUsd(account.postedPicoUsd), writeOff: formatUsd(account.writeOffPicoUsd) };
}

/** What a request with the first key is answered. */
async function codeOfRequest(): Promise<string> {
  const answer = await fetch(`${world.baseUrl}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${world.key}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "demo/echo", messages: [{ role: "user", content: "Hi" }] }),
  });
  return ((await answer.json()) as { error: { code: string } }).error.code;
}

async function openDialog(button: string): Promise<Locator> {
  await page.getByRole("button", { name: button, exact: true }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.waitFor();
  return dialog;
}

async function fill(dialog: Locator, fields: Readonly<Record<string, string>>): Promise<void> {
  for (const [label, text] of Object.entries(fields)) await dialog.getByLabel(label).fill(text);
}

/** What is sent is refused, and said at its field, for who sees it and for who hears it. */
async function expectRefused(dialog: Locator, button: string, field: string): Promise<void> {
  const answer = page.waitForResponse((response) => response.request().method() !== "GET");
  await dialog.getByRole("button", { name: button }).click();
  const { error } = (await (await answer).json()) as { error: { message: string; param: string } };
  const description = error.message.replace(`${error.param}: `, "");
  await dialog.getByRole("textbox", { name: field, description }).waitFor();
  expect(await dialog.getByRole("textbox", { name: field }).getAttribute("aria-invalid")).toBe("true");
}

async function gone(dialog: Locator): Promise<void> {
  await dialog.waitFor({ state: "detached" });
}

story("what an operator types wrong into a debit is told at its field, and moves nothing", async () => {
  await signIn(page, world.consoleUrl);
  await goTo(page, world.consoleUrl, "/operator/accounts");
  await page.getByRole("region", { name: "Accounts" }).getByRole("link", { name: "local" }).click();
  await page.getByRole("heading", { name: "local", level: 1 }).waitFor();
  accountId = page.url().split("/").at(-1) ?? "";
  const before = await balance();
  const dialog = await openDialog("Debit");
  for (const wrong of ["", "-5", "0", "five", "0.0000000000001"]) {
    await fill(dialog, { "Amount in USD": wrong, Reason: "a mistake" });
    await expectRefused(dialog, "Debit", "Amount in USD");
  }
  await fill(dialog, { "Amount in USD": "1", Reason: " " });
  await expectRefused(dialog, "Debit", "Reason");
  expect(await dialogProblems(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await gone(dialog);
  // Whoever uses the keyboard goes on where they were.
  expect(await page.locator(":focus").innerText()).toBe("Debit");
  expect(await balance()).toEqual(before);
});

story("a debit takes what there is; the rest is written off, and so the page says", async () => {
  const dialog = await openDialog("Debit");
  await fill(dialog, { "Amount in USD": "27.5", Reason: "a chargeback" });
  await dialog.getByRole("button", { name: "Debit" }).click();
  await gone(dialog);
  expect(await balance()).toEqual({ posted: "0.00", writeOff: "2.50" });
  await page.getByRole("region", { name: "Written off" }).getByText("$2.50").waitFor();
  const credits = page.getByRole("region", { name: "Newest credits" }).first();
  await credits.getByText("a chargeback").waitFor();
});

story("a suspended account's key is refused from the next request on, until it is activated", async () => {
  // The key is good; there is nothing left to spend.
  expect(await codeOfRequest()).toBe("insufficient_balance");
  let dialog = await openDialog("Suspend");
  await expectRefused(dialog, "Suspend the account", "Reason");
  expect(await dialogProblems(page)).toEqual([]);
  await fill(dialog, { Reason: "a stolen key" });
  await dialog.getByRole("button", { name: "Suspend the account" }).click();
  await gone(dialog);
  await page.getByText("suspended", { exact: true }).waitFor();
  expect(await codeOfRequest()).toBe("account_suspended");
  dialog = await openDialog("Activate");
  await fill(dialog, { Reason: "it was found" });
  await dialog.getByRole("button", { name: "Activate the account" }).click();
  await gone(dialog);
  expect(await codeOfRequest()).toBe("insufficient_balance");
});

story("of a payment a part is paid back with its share of the fee, and not more than is left", async () => {
  await goTo(page, world.consoleUrl, "/balance");
  await page.getByLabel("Credit in USD").first().fill("10");
  await page.getByRole("button", { name: "Pay $10.50" }).click();
  await page.getByRole("button", { name: /Pay with the test card 4242/ }).click();
  await page.getByText("Paid and credited").waitFor();
  await goTo(page, world.consoleUrl, `/operator/accounts/${accountId}`);
  const dialog = await openDialog("Refund");
  await fill(dialog, { "Credit to take back, in USD": "10.01", Reason: "not used" });
  await expectRefused(dialog, "Refund", "Credit to take back, in USD");
  expect(await problemsOf(page)).toEqual([]);
  await fill(dialog, { "Credit to take back, in USD": "4" });
  await dialog.getByRole("button", { name: "Refund" }).click();
  await gone(dialog);
  await expect.poll(balance, { timeout: 20_000 }).toMatchObject({ posted: "6.00" });
  await page.reload();
  await page.getByRole("region", { name: "Payments" }).first().getByText("$4.20").waitFor();
});

story("a request of unknown outcome is resolved with what the provider's bill has", async () => {
  await putSuspense(world, accountId);
  await goTo(page, world.consoleUrl, "/operator/suspense");
  const dialog = await openDialog("Resolve");
  await fill(dialog, { "What the provider’s bill has": "-1", Note: "on the bill" });
  await expectRefused(dialog, "Write it down", "What the provider’s bill has");
  expect(await problemsOf(page)).toEqual([]);
  await fill(dialog, { "What the provider’s bill has": "0.004" });
  await dialog.getByRole("button", { name: "Write it down" }).click();
  await gone(dialog);
  await page.getByText("on the bill").waitFor();
  // For the operator's books alone.
  expect(await balance()).toMatchObject({ posted: "6.00" });
});

story("a key is limited, renamed and revoked in dialogs that anybody can use", async () => {
  await goTo(page, world.consoleUrl, "/keys");
  let dialog = await openDialog("New key");
  await dialog.getByText("A month").click();
  await dialog.getByText("Only some").click();
  await dialog.getByLabel("Expires").selectOption({ label: "On a day of my choice" });
  await fill(dialog, { Name: "Limited", "At most a month": "0" });
  await expectRefused(dialog, "Create key", "At most a month");
  expect(await dialogProblems(page)).toEqual([]);
  await fill(dialog, { "At most a month": "7.5", "Last day": "2099-12-31" });
  await dialog.getByLabel("Search models").fill("echo");
  await dialog.getByRole("checkbox", { name: "demo/echo" }).check();
  await dialog.getByRole("button", { name: "Create key" }).click();
  await dialog.getByTestId("secret").waitFor();
  expect(await dialogProblems(page)).toEqual([]);
  await dialog.getByRole("button", { name: "I have copied it" }).click();
  await gone(dialog);
  await page
    .getByRole("row", { name: /Limited/ })
    .getByText("$0.00 of $7.50 this month")
    .waitFor();

  dialog = await openDialog("Rename Limited");
  await fill(dialog, { Name: " " });
  await expectRefused(dialog, "Rename", "Name");
  expect(await problemsOf(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await gone(dialog);

  dialog = await openDialog("Revoke Limited");
  // The answer that changes nothing has the focus.
  expect(await page.locator(":focus").innerText()).toBe("Cancel");
  expect(await problemsOf(page)).toEqual([]);
  await dialog.getByRole("button", { name: "Revoke the key" }).click();
  await page.getByRole("row", { name: /Limited/ }).waitFor({ state: "detached" });
});

story("an operator's dialogs fit a phone", async () => {
  await page.setViewportSize(PHONE);
  await goTo(page, world.consoleUrl, `/operator/accounts/${accountId}`);
  for (const button of ["Credit", "Suspend", "Refund"]) {
    const dialog = await openDialog(button);
    expect([button, await problemsOf(page)]).toEqual([button, []]);
    await page.keyboard.press("Escape");
    await gone(dialog);
  }
});

story("the browser had nothing to complain of", () => {
  expect(operator.complaints).toEqual([]);
});
