import type { Browser } from "playwright-core";
import { test } from "vitest";
import { openBrowser } from "./browser.ts";

/** A browser for a file's tests, to be closed by it, and its `test`: which skips, and says why, where there is none. */
export async function browserStory() {
  const opened = await openBrowser();
  const browser: Browser | undefined = typeof opened === "string" ? undefined : opened;
  if (!browser) console.log(`the console's browser tests are skipped: ${opened}`);
  return { browser, story: test.skipIf(!browser) };
}
