import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "playwright-core";

/** Adds up from the first paint how far things moved that nobody had touched. Runs in the browser. */
export const COUNT_SHIFTS = `
  globalThis.shifted = 0;
  new PerformanceObserver((list) => {
    for (const shift of list.getEntries()) if (!shift.hadRecentInput) globalThis.shifted += shift.value;
  }).observe({ type: "layout-shift", buffered: true });
`;

/** What is called good: https://web.dev/articles/cls */
const MOST_SHIFT = 0.1;

/** What takes most of the time, and is the same on every width. */
const COLOR_RULES = ["color-contrast"];

/** What somebody could stumble over on a page as it is now, each as a sentence. Colours are looked at apart. */
export async function problemsOf(page: Page): Promise<string[]> {
  const problems = await accessibilityProblems(new AxeBuilder({ page }).disableRules(COLOR_RULES));
  const [needed, there] = await page.evaluate<[number, number]>(
    "[document.documentElement.scrollWidth, document.documentElement.clientWidth]",
  );
  if (needed > there) problems.push(`it is ${needed} pixels wide and has ${there}`);
  const shifted = (await page.evaluate<number | undefined>("globalThis.shifted")) ?? 0;
  if (shifted > MOST_SHIFT) problems.push(`it moved by ${shifted.toFixed(3)} while it was loading`);
  return problems;
}

/** Text that stands out too little from its ground, in the colours of now. */
export function colorProblemsOf(page: Page): Promise<string[]> {
  return accessibilityProblems(new AxeBuilder({ page }).withRules(COLOR_RULES));
}

async function accessibilityProblems(axe: AxeBuilder): Promise<string[]> {
  // No frames: a second window for the results would take longer than the looking.
  const { violations } = await axe.setLegacyMode(true).analyze();
  return violations
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
