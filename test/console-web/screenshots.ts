// `npm run screenshots`: pictures of every page into docs/console/, light and dark, of the whole product with a month of
// traffic behind it. Nothing is asked of any provider: the traffic is written through the ledger.

import { readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { newLocalFolder } from "../contract/local-process.ts";
import { goTo, openBrowser, PHONE, signIn, visit, whenLoaded } from "./browser.ts";
import { playMonth } from "./demo-traffic.ts";
import { openHistory } from "./history.ts";
import { places } from "./places.ts";

const OUT = path.resolve(import.meta.dirname, "../../docs/console");
/** Of a long page the rest is more of the same. */
const MOST_HEIGHT = 800;
const WINDOW = { width: 1120, height: 720 };
const ON_A_PHONE = ["start", "keys", "balance", "usage"];

// So that the providers' models are there. Nobody is called with these.
const KEYS = Object.fromEntries(
  ["OPENAI", "DEEPSEEK", "MISTRAL", "XAI"].map((name) => [`${name}_API_KEY`, "not-a-key"]),
);

async function main(browser: Browser): Promise<void> {
  Object.assign(process.env, KEYS);
  const folder = newLocalFolder(undefined, KEYS);
  try {
    const history = await openHistory(folder.data);
    const accountId = await playMonth(history, Date.now());
    await history.close();
    await folder.start();
    const { consoleUrl } = JSON.parse(readFileSync(path.join(folder.data, "local.json"), "utf8"));
    const { page, context } = await visit(browser, { viewport: WINDOW });
    await page.goto(consoleUrl);
    await page.getByRole("link", { name: "Sign in" }).waitFor();
    for (const colorScheme of ["dark", "light"] as const) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: path.join(OUT, `sign-in-${colorScheme}.png`) });
    }
    await signIn(page, consoleUrl);
    await live(page, consoleUrl, accountId);
    const requestId = await firstCompleted(page, consoleUrl);
    const storageState = await context.storageState();
    const all = places({ accountId, requestId });
    for (const colorScheme of ["light", "dark"] as const) {
      await pictures(browser, consoleUrl, all, colorScheme, { viewport: WINDOW, colorScheme, storageState });
      const few = Object.fromEntries(Object.entries(all).filter(([name]) => ON_A_PHONE.includes(name)));
      const phone = { viewport: PHONE, colorScheme, storageState };
      await pictures(browser, consoleUrl, few, `phone-${colorScheme}`, phone);
    }
  } finally {
    await folder.remove();
  }
}

/** What people do on top of the traffic: a top-up, an invitation, an operator's actions. */
async function live(page: Page, consoleUrl: string, accountId: string): Promise<void> {
  await goTo(page, consoleUrl, "/balance");
  await page.getByRole("button", { name: "$50", exact: true }).click();
  await page.getByRole("checkbox", { name: /Keep the card/ }).check();
  await page.getByRole("button", { name: "Pay $52.50" }).click();
  await page.getByRole("button", { name: /Pay with the test card 4242/ }).click();
  await page.getByText("Paid and credited").waitFor();
  await goTo(page, consoleUrl, "/people");
  await page.getByRole("button", { name: "Invite somebody" }).click();
  await page.getByRole("button", { name: "Done" }).click();
  await goTo(page, consoleUrl, `/operator/accounts/${accountId}`);
  await page.getByRole("button", { name: "Credit" }).click();
  await page.getByRole("textbox", { name: "Amount in USD" }).fill("5");
  await page.getByRole("textbox", { name: /Reason/ }).fill("Goodwill after the outage of 12 November");
  await page.getByRole("dialog").getByRole("button", { name: "Credit" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
}

/** Waits for the month to have reached the rollups too. */
async function firstCompleted(page: Page, consoleUrl: string): Promise<string> {
  await goTo(page, consoleUrl, "/requests");
  const link = page
    .getByRole("row", { name: /completed/ })
    .first()
    .getByRole("link");
  const id = (await link.getAttribute("href"))?.split("/").at(-1) ?? "";
  await goTo(page, consoleUrl, "/usage");
  while (!/4\d\d/.test(await page.getByRole("region", { name: "Requests", exact: true }).innerText())) {
    await pause(1_000);
    await page.reload();
    await page.getByRole("region", { name: "Requests", exact: true }).waitFor();
  }
  return id;
}

async function pictures(
  browser: Browser,
  consoleUrl: string,
  all: Readonly<Record<string, string>>,
  suffix: string,
  options: BrowserContextOptions,
): Promise<void> {
  const { page, context } = await visit(browser, options);
  for (const [name, place] of Object.entries(all)) {
    await page.setViewportSize(options.viewport ?? WINDOW);
    await goTo(page, consoleUrl, place);
    const height = await page.evaluate<number>("document.documentElement.scrollHeight");
    const { width } = options.viewport ?? WINDOW;
    // A window as high as the page, so that the menu is as high too.
    await page.setViewportSize({ width, height: Math.min(Math.max(height, 720), MOST_HEIGHT) });
    await whenLoaded(page);
    await page.screenshot({ path: path.join(OUT, `${name}-${suffix}.png`) });
    console.log(`${name}-${suffix}`);
  }
  await context.close();
}

const browser = await openBrowser();
if (typeof browser === "string") {
  console.error(browser);
  process.exitCode = 1;
} else {
  await main(browser).finally(() => browser.close());
}
