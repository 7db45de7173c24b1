// Two people and an operator in one account's console, in a real browser: an invitation, its end, and a session that has
// expired. The tests tell one story and run in order.
import { afterAll, beforeAll, expect } from "vitest";
import { builtConsolePage } from "../../lib/console-page.ts";
import { type ConsoleWorld, openConsoleWorld } from "../console/console-world.ts";
import { continueAs, DESKTOP, goTo, signIn, type Visitor, visit } from "./browser.ts";
import { dialogProblems, problemsOf } from "./problems.ts";
import { browserStory } from "./story.ts";

const { browser, story } = await browserStory();

let world: ConsoleWorld;
let ada: Visitor;
let ben: Visitor;
let link: string;

beforeAll(async () => {
  if (!browser) return;
  world = await openConsoleWorld({ pageFolder: await builtConsolePage(() => {}) });
  [ada, ben] = await Promise.all([
    visit(browser, { viewport: DESKTOP }),
    visit(browser, { viewport: DESKTOP }),
  ]);
});

afterAll(async () => {
  await browser?.close();
  await world?.close();
});

story("an owner makes an invitation, whose link is shown once", async () => {
  await signIn(ada.page, world.consoleUrl, "ada");
  await goTo(ada.page, world.consoleUrl, "/people");
  await ada.page.getByRole("button", { name: /Invite/ }).click();
  const dialog = ada.page.getByRole("dialog", { name: "An invitation" });
  link = (await dialog.locator(".secret").innerText()).trim();
  expect(await dialogProblems(ada.page)).toEqual([]);
  // It cannot be shown again: a key that is pressed by mistake does not lose it.
  await ada.page.keyboard.press("Escape");
  await dialog.getByRole("button", { name: "Done" }).click();
  await ada.page
    .getByRole("row", { name: /Works until|Made|in / })
    .first()
    .waitFor();
});

story("who follows it signs in and is a member, who makes keys and pays nothing in", async () => {
  const { page } = ben;
  await page.goto(link);
  await continueAs(page, "ben");
  await page.getByRole("heading", { name: "Start", level: 1 }).waitFor();
  await goTo(page, world.consoleUrl, "/people");
  await page.getByText("You are a member").waitFor();
  await goTo(page, world.consoleUrl, "/balance");
  expect(await page.getByRole("button", { name: /Top up/ }).count()).toBe(0);
  await goTo(page, world.consoleUrl, "/keys");
  await page.getByRole("button", { name: "New key" }).click();
  await page.getByRole("dialog").getByRole("textbox", { name: "Name" }).fill("Ben's");
  await page.getByRole("dialog").getByRole("button", { name: "Create key" }).click();
  await page
    .getByText(/wlrouter_/)
    .first()
    .waitFor();
});

story("the link has worked once: the next who follows it is told so", async () => {
  if (!browser) return;
  const cleo = await visit(browser, { viewport: DESKTOP });
  await cleo.page.goto(link);
  await continueAs(cleo.page, "cleo");
  await cleo.page
    .getByRole("alert")
    .getByText(/invitation/i)
    .waitFor();
  expect(await problemsOf(cleo.page)).toEqual([]);
  await cleo.context.close();
});

story("a member who is removed is out at the next click, and told to sign in", async () => {
  // Somebody has joined since it was read.
  await ada.page.reload();
  await ada.page.getByRole("button", { name: "Remove ben" }).click();
  const dialog = ada.page.getByRole("dialog");
  expect(await dialogProblems(ada.page)).toEqual([]);
  await dialog.getByRole("button", { name: /Remove/ }).click();
  await ada.page.getByRole("button", { name: "Remove ben" }).waitFor({ state: "detached" });
  await ben.page.goto(`${world.consoleUrl}#/usage`);
  await ben.page.getByRole("link", { name: "Sign in" }).waitFor();
});

story("a session that has expired is said to have, and signing in leads back to where one was", async () => {
  const { page } = ada;
  await goTo(page, world.consoleUrl, "/usage");
  world.clock.offsetMs += 30 * 24 * 3_600_000;
  await page.getByRole("link", { name: "Requests" }).click();
  await page.getByRole("heading", { name: "Your session has ended" }).waitFor();
  expect(await problemsOf(page)).toEqual([]);
  world.clock.offsetMs = 0;
  await page.getByRole("link", { name: "Sign in" }).click();
  // The issuer remembers who it is.
  await page.getByRole("heading", { name: "Requests", level: 1 }).waitFor();
});

story("the browsers had nothing to complain of", () => {
  expect([...ada.complaints, ...ben.complaints]).toEqual([]);
});
