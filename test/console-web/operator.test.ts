// What an operator does to an account, and its owner to a key, in a real browser: each dialog as somebody fills it in
// wrong, then right, and what comes of it. The tests tell one story and run in order.
import type { Locator, Page, Route } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { formatUsd } from "../../lambda/core/money.ts";
import { builtConsolePage } from "../../lib/console-page.ts";
import { type ConsoleWorld, openConsoleWorld, putSuspense } from "../console/console-world.ts";
import { DESKTOP, goTo, PHONE, signIn, type Visitor, visit } from "./browser.ts";
import { dialogProblems, problemsOf } from "./problems.ts";
import { browserStory } from "./story.ts";

const { browser, story } = await browserStory();

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

/** What a request is answered, with the first key if no other. */
async function codeOfRequest(key = world.key): Promise<string> {
  const answer = await fetch(`${world.baseUrl}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
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
  // It is the next to be mended, and what was typed is still there.
  await dialog.locator('input[aria-invalid="true"]:focus').and(dialog.getByLabel(field)).waitFor();
}

/** On a window of now, and Escape closes it. */
async function expectToFit(button: string): Promise<void> {
  const dialog = await openDialog(button);
  expect([button, await problemsOf(page)]).toEqual([button, []]);
  await page.keyboard.press("Escape");
  await gone(dialog);
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
  // There is one field: whoever opens it can type at once.
  await dialog.getByLabel("Reason").and(page.locator(":focus")).waitFor();
  expect(await dialogProblems(page)).toEqual([]);
  await fill(dialog, { Reason: "it was found" });
  await dialog.getByRole("button", { name: "Activate the account" }).click();
  await gone(dialog);
  expect(await codeOfRequest()).toBe("insufficient_balance");
});

story("of a payment a part is paid back with its share of the fee, and not more than is left", async () => {
  await goTo(page, world.consoleUrl, "/balance");
  await page.getByLabel("Credit in USD").first().fill("10");
  await page.getByLabel("Keep the card").check();
  await page.getByRole("button", { name: "Pay $10.50" }).click();
  await page.getByRole("button", { name: /Pay with the test card 4242/ }).click();
  await page.getByText("Paid and credited").waitFor();
  await goTo(page, world.consoleUrl, `/operator/accounts/${accountId}`);
  const dialog = await openDialog("Refund");
  await fill(dialog, { "Credit to take back, in USD": "10.01", Reason: "not used" });
  await expectRefused(dialog, "Refund", "Credit to take back, in USD");
  expect(await dialogProblems(page)).toEqual([]);
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
  expect(await dialogProblems(page)).toEqual([]);
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
  await fill(dialog, { "At most a month": "0.000001", "Last day": "2020-12-31" });
  await dialog.getByLabel("Search models").fill("echo");
  await dialog.getByRole("checkbox", { name: "demo/echo" }).check();
  await expectRefused(dialog, "Create key", "Last day");
  await fill(dialog, { "Last day": "2099-12-31" });
  await dialog.getByRole("button", { name: "Create key" }).click();
  const secret = await dialog.getByTestId("secret").innerText();
  expect(await dialogProblems(page)).toEqual([]);
  await dialog.getByRole("button", { name: "I have copied it" }).click();
  await gone(dialog);
  await page
    .getByRole("row", { name: /Limited/ })
    .getByText("$0.00 of $0.000001 this month")
    .waitFor();
  await page
    .getByRole("row", { name: /Limited/ })
    .getByText("demo/echo")
    .waitFor();
  expect(await codeOfRequest(secret)).toBe("key_limit_exceeded");
  world.clock.offsetMs = Date.parse("2100-01-02") - Date.now();
  expect(await codeOfRequest(secret)).toBe("invalid_api_key");
  world.clock.offsetMs = 0;

  dialog = await openDialog("Rename Limited");
  await fill(dialog, { Name: " " });
  await expectRefused(dialog, "Rename", "Name");
  expect(await dialogProblems(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await gone(dialog);

  dialog = await openDialog("Revoke Limited");
  // The answer that changes nothing has the focus.
  expect(await page.locator(":focus").innerText()).toBe("Cancel");
  expect(await dialogProblems(page)).toEqual([]);
  await dialog.getByRole("button", { name: "Revoke the key" }).click();
  await page.getByRole("row", { name: /Limited/ }).waitFor({ state: "detached" });
});

story("automatic top-ups are set where it says what is wrong, and end with the card", async () => {
  await goTo(page, world.consoleUrl, "/balance");
  const section = page.getByRole("region", { name: "Automatic top-up" });
  await section.getByRole("switch", { name: "Top up automatically" }).check();
  await section.getByLabel("Credit in USD").fill("9.999");
  await section.getByLabel("At most a day").selectOption("3 times");
  await section.getByRole("button", { name: "Save" }).click();
  await section.getByRole("textbox", { name: "Credit in USD", description: /cent/ }).waitFor();
  expect(await dialogProblems(page)).toEqual([]);
  await section.getByLabel("Credit in USD").fill("20");
  await section.getByRole("button", { name: "Save" }).click();
  await section.locator('input[value="20.00"]').waitFor();
  await page.reload();
  await section.getByRole("switch", { name: "Top up automatically", checked: true }).waitFor();
  expect(await section.getByLabel("At most a day").inputValue()).toBe("3");
  await section.getByRole("button", { name: "Forget the card" }).click();
  await section.getByText("No card is saved yet").waitFor();
});

story(
  "what is on its way keeps its dialog open; after an answer that was lost it is sent again and counts once",
  async () => {
    await goTo(page, world.consoleUrl, `/operator/accounts/${accountId}`);
    const dialog = await openDialog("Credit");
    const lose = Promise.withResolvers<void>();
    const losing = async (route: Route) => {
      await route.fetch();
      await lose.promise;
      await route.abort();
    };
    await page.route("**/adjustments", losing, { times: 1 });
    // With the keyboard alone.
    await page.keyboard.type("4");
    await page.keyboard.press("Tab");
    await page.keyboard.type("an apology");
    await page.keyboard.press("Enter");
    await dialog.getByRole("button", { name: "Cancel", disabled: true }).waitFor();
    await page.keyboard.press("Escape");
    lose.resolve();
    await dialog.getByRole("alert").getByText("The server did not answer").waitFor();
    expect(await dialogProblems(page)).toEqual([]);
    expect(await page.locator(":focus").innerText()).toBe("Credit");
    await page.keyboard.press("Enter");
    await gone(dialog);
    await page.getByRole("region", { name: "Available" }).getByText("$10.00").waitFor();
    expect(await balance()).toMatchObject({ posted: "10.00" });
    expect(operator.complaints.splice(0)).toEqual([expect.stringContaining("ERR_FAILED")]);
  },
);

story("each thing an operator did is in the audit log once, with why", async () => {
  await goTo(page, world.consoleUrl, "/operator/audit");
  const done = {
    "account.debit": "a chargeback",
    "account.suspend": "a stolen key",
    "account.activate": "it was found",
    "suspense.resolve": "on the bill",
    "account.credit": "an apology",
  };
  for (const [action, reason] of Object.entries(done)) {
    const rows = page.getByRole("row", { name: action });
    expect([action, await rows.count(), await rows.innerText()]).toEqual([
      action,
      1,
      expect.stringContaining(reason),
    ]);
  }
});

story("an operator's dialogs fit a phone", async () => {
  await page.setViewportSize(PHONE);
  await goTo(page, world.consoleUrl, `/operator/accounts/${accountId}`);
  for (const button of ["Credit", "Debit", "Suspend", "Refund"]) await expectToFit(button);
  await goTo(page, world.consoleUrl, "/keys");
  for (const button of ["Rename first key", "Revoke first key"]) await expectToFit(button);
});

story("the browser had nothing to complain of", () => {
  expect(operator.complaints).toEqual([]);
});
