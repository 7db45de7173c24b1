import axe, { type AxeResults, type RunOptions } from "axe-core";
import type { Page } from "playwright-core";

/** Adds up how far things moved that nobody had touched. Runs in the browser, before the page does. */
export const COUNT_SHIFTS = `
  globalThis.shifted = 0;
  new PerformanceObserver((list) => {
    for (const shift of list.getEntries()) if (!shift.hadRecentInput) globalThis.shifted += shift.value;
  }).observe({ type: "layout-shift", buffered: true });
`;

/** What is called good: https://web.dev/articles/cls */
const MOST_SHIFT = 0.1;

/** @returns how far things have moved since this was last asked, as a problem if that is too far. */
export async function shiftProblems(page: Page): Promise<string[]> {
  const shifted = await page.evaluate<number>("[globalThis.shifted, (globalThis.shifted = 0)][0]");
  return shifted > MOST_SHIFT ? [`it moved by ${shifted.toFixed(3)} while it was loading`] : [];
}

/** What takes axe most of its time, and is the same on every width. */
const COLORS = "color-contrast";

/** What somebody could stumble over on a page as it is now, each as a sentence. Colours are looked at apart. */
export async function problemsOf(page: Page): Promise<string[]> {
  const problems = await violations(page, { rules: { [COLORS]: { enabled: false } } });
  const [needed = 0, there = 0] = await page.evaluate<number[]>(
    "[document.documentElement.scrollWidth, document.documentElement.clientWidth]",
  );
  return needed > there ? [...problems, `it is ${needed} pixels wide and has ${there}`] : problems;
}

/** Text that stands out too little from its ground, in the colours of now. */
export function colorProblemsOf(page: Page): Promise<string[]> {
  return violations(page, { runOnly: [COLORS] });
}

/** What is in front, in both colours. */
export async function dialogProblems(page: Page): Promise<string[]> {
  const problems = await problemsOf(page);
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    problems.push(...(await colorProblemsOf(page)).map((problem) => `${colorScheme}: ${problem}`));
  }
  return problems;
}

/** An open dialog alone: what is behind it was looked at when it was the page. */
const LOOKED_AT = `document.querySelector('[role="dialog"]') ?? document`;

async function violations(page: Page, options: RunOptions): Promise<string[]> {
  // Half a megabyte to be parsed: once for each document.
  if (!(await page.evaluate("'axe' in globalThis"))) await page.evaluate(axe.source);
  const found = await page.evaluate<AxeResults>(
    `axe.run(${LOOKED_AT}, ${JSON.stringify({ ...options, resultTypes: ["violations"] })})`,
  );
  return found.violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.html.slice(0, 160)} ${node.failureSummary}`),
    );
}

const MOST_TABS = 60;

/** Presses Tab until what has this name has the focus, as somebody without a mouse does. @throws Error if it never has */
export async function tabTo(page: Page, name: string): Promise<void> {
  const names: string[] = [];
  for (let tabs = 0; tabs < MOST_TABS; tabs++) {
    const focused = page.locator(":focus");
    const snapshot = (await focused.count()) > 0 ? await focused.ariaSnapshot() : "";
    if (snapshot.includes(`"${name}"`)) return;
    names.push(snapshot.split("\n")[0] ?? "");
    await page.keyboard.press("Tab");
  }
  throw new Error(`the keyboard does not reach "${name}", only ${names.join(", ")}`);
}
