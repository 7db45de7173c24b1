import { afterAll, beforeAll, expect, test } from "vitest";
import { Browser } from "./browser.ts";
import { type ConsoleWorld, openConsoleWorld } from "./console-world.ts";

let world: ConsoleWorld;

beforeAll(async () => {
  world = await openConsoleWorld();
});

afterAll(() => world.close());

test("The local owner signs in, and comes to where they wanted to go.", async () => {
  const owner = new Browser(world.consoleUrl);
  expect(await owner.signIn("local-owner", "?return_to=/keys")).toBe(`${world.consoleUrl}#/keys`);
  const { json } = await owner.call("GET", "session");
  expect(json).toMatchObject({ role: "owner", is_operator: true, account: { name: "local" } });
});
