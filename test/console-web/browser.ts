import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from "playwright-core";
import { LOCAL_USER } from "../../local/issuer.ts";
import packageJson from "../../package.json" with { type: "json" };

/** `--single-process` and the like, which the package is made for, end the browser with its first window. */
const ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--font-render-hinting=none"];

/** A real browser: the one from npm on Linux, Chrome where it is installed. @returns why there is none. */
export async function openBrowser(): Promise<Browser | string> {
  const reasons: string[] = [];
  const ways = [
    async () => chromium.launch({ args: ARGUMENTS, executablePath: await unpackedChromium() }),
    async () => chromium.launch({ args: ARGUMENTS, channel: "chrome" }),
  ];
  for (const open of process.platform === "linux" ? ways : ways.slice(1)) {
    try {
      return await open();
    } catch (error) {
      reasons.push(error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error));
    }
  }
  return `no browser can be started here: ${reasons.join("; ")}`;
}

const UNPACK = `import("${import.meta.resolve("@sparticuz/chromium")}").then((it) => it.default.executablePath())`;

/** Unpacked into a folder of its own, which is then put in its place: a browser that another process is writing cannot start. */
async function unpackedChromium(): Promise<string> {
  const folder = path.join(
    tmpdir(),
    `wlrouter-chromium-${packageJson.devDependencies["@sparticuz/chromium"]}`,
  );
  const file = path.join(folder, "chromium");
  if (existsSync(file)) return file;
  const fresh = mkdtempSync(`${folder}-`);
  try {
    const env = { ...process.env, TMPDIR: fresh };
    await promisify(execFile)(process.execPath, ["--input-type=module", "-e", UNPACK], {
      cwd: import.meta.dirname,
      env,
    });
    renameSync(fresh, folder);
  } catch (error) {
    // Somebody else has unpacked it meanwhile.
    if (!existsSync(file)) throw error;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return file;
}

export const DESKTOP = { width: 1280, height: 800 };
export const PHONE = { width: 360, height: 740 };

/** A browser's window with nothing remembered, whose complaints are collected. */
export interface Visitor {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What the browser complained of: errors of scripts, files that did not come, breaches of the content policy. */
  readonly complaints: string[];
}

export async function visit(browser: Browser, options: BrowserContextOptions): Promise<Visitor> {
  const context = await browser.newContext({ reducedMotion: "reduce", locale: "en-GB", ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    const isTold = message.type() === "error" || message.type() === "warning";
    // Not signed in yet, or a form that is filled in wrong: the browser tells of such an answer, and it is no fault.
    if (isTold && !/status of 40[01]/.test(message.text())) complaints.push(message.text());
  });
  return { context, page, complaints };
}

/** Through the issuer's own page, as a person does it. */
export async function signIn(page: Page, consoleUrl: string, name = LOCAL_USER.name): Promise<void> {
  await page.goto(consoleUrl);
  await page.getByRole("link", { name: "Sign in" }).click();
  await continueAs(page, name);
  await page.getByRole("heading", { name: "Start", level: 1 }).waitFor();
}

/** On the issuer's page. */
export async function continueAs(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: `Continue as ${name} (` }).click();
}

/** Goes to a place of the console and waits until it has something to show. */
export async function goTo(page: Page, consoleUrl: string, place: string): Promise<void> {
  await page.goto(`${consoleUrl}#${place}`);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await whenLoaded(page);
}

/** No skeleton is left, and what has come is drawn. */
export async function whenLoaded(page: Page): Promise<void> {
  await page.waitForSelector("output", { state: "detached" });
  await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
}
