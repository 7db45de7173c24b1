import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** One recorded exchange with a real provider. */
export interface Recording {
  readonly provider: string;
  /** The response's file, relative to the recordings: what a failing test should name. */
  readonly file: string;
  /** The recorded request, parsed. Empty for `aiSdkRecordings`, which have none. */
  readonly request: Readonly<Record<string, unknown>>;
  readonly status: number;
  readonly contentType: string;
  readonly responseBytes: Buffer;
}

/** Lies beside the repository in the project's own workplace, and is not part of a clone. */
const FIXTURES = fileURLToPath(new URL("../../../shared/fixtures/", import.meta.url));
const SSE = "text/event-stream";
const JSON_TYPE = "application/json";

/** The recorded chat completions of a provider; none, with the reason on the console, where they are not available. */
export function chatRecordings(provider: string): Recording[] {
  return responseFiles(provider)
    .filter((file) => /^chat\..*\.response\.(?:json|sse)$/.test(file))
    .map((file) => readRecording(provider, file));
}

function readRecording(provider: string, file: string): Recording {
  return {
    provider,
    file: join(provider, file),
    request: JSON.parse(readFileSync(join(FIXTURES, provider, requestFile(file)), "utf8")),
    status: Number(/\.([45]\d\d)[.-]/.exec(file)?.[1] ?? 200),
    contentType: file.endsWith(".sse") ? SSE : JSON_TYPE,
    responseBytes: readFileSync(join(FIXTURES, provider, file)),
  };
}

/**
 * Chat completions that the AI SDK's authors recorded, without requests: whole ones, and streams as one event's JSON
 * a line, which are put back into the framing of SSE. xAI's chat completions are recorded only here.
 */
export function aiSdkRecordings(provider: string): Recording[] {
  return responseFiles(join(provider, "ai-sdk"))
    .filter((file) => /\.(?:json|sse|chunks\.txt)$/.test(file))
    .map((file) => ({ file, text: readFileSync(join(FIXTURES, provider, "ai-sdk", file), "utf8") }))
    .filter(({ text }) => text.includes('"choices"'))
    .map(({ file, text }) => ({
      provider,
      file: join(provider, "ai-sdk", file),
      request: {},
      status: 200,
      contentType: file.endsWith(".json") ? JSON_TYPE : SSE,
      responseBytes: Buffer.from(file.endsWith(".chunks.txt") ? frame(text) : text),
    }));
}

/** Of how many answers of a provider there are files, of every API that was recorded. */
export function recordedFileCount(provider: string): number {
  const answers = responseFiles(provider).filter((file) => file.includes(".response."));
  return answers.length + responseFiles(join(provider, "ai-sdk")).length;
}

/** Recorded exchanges with another API than chat completions, by what their files begin with: `generateContent`. */
export function wireRecordings(provider: string, pattern: RegExp): Recording[] {
  return responseFiles(provider)
    .filter((file) => pattern.test(file) && /\.response\.(?:json|sse)$/.test(file))
    .map((file) => readRecording(provider, file));
}

/** The same of the AI SDK's authors, whose streams are put back into the framing of SSE, without OpenAI's `[DONE]`. */
export function aiSdkWireRecordings(provider: string, pattern: RegExp): Recording[] {
  return responseFiles(join(provider, "ai-sdk"))
    .filter((file) => pattern.test(file) && /\.(?:json|chunks\.txt)$/.test(file))
    .map((file) => {
      const text = readFileSync(join(FIXTURES, provider, "ai-sdk", file), "utf8");
      const lines = text.split("\n").filter((line) => line.trim() !== "");
      const isWhole = file.endsWith(".json");
      return {
        provider,
        file: join(provider, "ai-sdk", file),
        request: {},
        status: Number(/\b([45]\d\d)\b/.exec(file)?.[1] ?? 200),
        contentType: isWhole ? JSON_TYPE : SSE,
        responseBytes: Buffer.from(isWhole ? text : lines.map((data) => `data: ${data}\n\n`).join("")),
      };
    });
}

export function isStream(recording: Recording): boolean {
  return recording.contentType === SSE;
}

function frame(lines: string): string {
  const events = lines.split("\n").filter((line) => line.trim() !== "");
  return [...events, "[DONE]"].map((data) => `data: ${data}\n\n`).join("");
}

function requestFile(responseFile: string): string {
  return responseFile.replace(/\.response\.\w+$/, ".request.json");
}

function responseFiles(folder: string): string[] {
  const path = join(FIXTURES, folder);
  if (existsSync(path)) return readdirSync(path).sort();
  if (!existsSync(FIXTURES)) console.log(`No recordings of ${folder}: ../shared/fixtures is not there`);
  return [];
}
