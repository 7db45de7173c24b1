import type { AudioPart, CacheControl, FilePart, ImagePart, Source, TextPart } from "./chat.ts";
import {
  invalid,
  type Json,
  listOf,
  readCacheControl,
  requiredObject,
  requiredString,
} from "./read-fields.ts";
import type { ContentName, Refusals } from "./support.ts";

export type ContentPart = TextPart | ImagePart | FilePart | AudioPart;

/**
 * A message's content: a string, or parts. Empty texts are left out, since they say nothing and some providers refuse
 * them. @throws GatewayError 400 for parts of no known form, and for those the provider does not take
 */
export function readContent(content: unknown, param: string, refusals: Refusals): ContentPart[] {
  if (typeof content === "string") return content === "" ? [] : [{ type: "text", text: content }];
  return listOf(content, param).flatMap((value, index) => {
    const at = `${param}[${index}]`;
    const part = readPart(requiredObject(value, at), at, refusals);
    if (part === undefined) return [];
    const cacheControl = readPartCaching(requiredObject(value, at), at, refusals);
    return [cacheControl ? { ...part, cacheControl } : part];
  });
}

/** Cache marks of a part, a message or a tool. */
export function readPartCaching(part: Json, param: string, refusals: Refusals): CacheControl | undefined {
  const cacheControl = readCacheControl(part["cache_control"], `${param}.cache_control`);
  if (!cacheControl) return undefined;
  return refusals.takes("messages[].cache_control", `${param}.cache_control`) ? cacheControl : undefined;
}

function readPart(part: Json, param: string, refusals: Refusals): ContentPart | undefined {
  switch (part["type"]) {
    case "text":
    case "refusal":
      return readText(part, param);
    case "image_url":
      return readImage(part, `${param}.image_url`, refusals);
    case "file":
      return readFile(part, `${param}.file`, refusals);
    case "input_audio":
      return readAudio(part, `${param}.input_audio`, refusals);
    default:
      throw invalid(`${param}.type`, "one of text, refusal, image_url, file, input_audio");
  }
}

function readText(part: Json, param: string): TextPart | undefined {
  const name = part["type"] === "refusal" ? "refusal" : "text";
  const text = part[name];
  if (typeof text !== "string") throw invalid(`${param}.${name}`, "a string");
  return text === "" ? undefined : { type: "text", text };
}

function readImage(part: Json, param: string, refusals: Refusals): ImagePart {
  const image = part["image_url"];
  const url = typeof image === "string" ? image : requiredObject(image, param)["url"];
  const source = readSource(requiredString(url, `${param}.url`), `${param}.url`);
  refuseSource(source, "image", param, refusals);
  return { type: "image", source, param };
}

function readFile(part: Json, param: string, refusals: Refusals): FilePart {
  const file = requiredObject(part["file"], param);
  if (typeof file["file_id"] === "string") refusals.refuseContent(`${param}.file_id`, "file by file_id");
  const source = readSource(requiredString(file["file_data"], `${param}.file_data`), `${param}.file_data`);
  refuseSource(source, "file", param, refusals);
  const name = file["filename"];
  return { type: "file", source, name: typeof name === "string" ? name : undefined, param };
}

function readAudio(part: Json, param: string, refusals: Refusals): AudioPart {
  const audio = requiredObject(part["input_audio"], param);
  refusals.refuseContent(param, "input_audio");
  const base64 = requiredString(audio["data"], `${param}.data`);
  const format = requiredString(audio["format"], `${param}.format`);
  return { type: "audio", base64, format, param };
}

function refuseSource(source: Source, what: "image" | "file", param: string, refusals: Refusals): void {
  const name: ContentName =
    source.kind === "url" ? (`${what} by URL` as const) : (`${what} by data URI` as const);
  refusals.refuseContent(param, name);
}

const DATA_URI = /^data:([\w.+-]+\/[\w.+-]+)(?:;[\w.+-]+=[^;,]*)*;base64,/;

/** We never fetch a URL that a request names: it is for the provider, if that takes URLs. */
function readSource(url: string, param: string): Source {
  const head = DATA_URI.exec(url.slice(0, 256));
  if (head?.[1] !== undefined) {
    return { kind: "data", mediaType: head[1].toLowerCase(), base64: url.slice(head[0].length) };
  }
  if (/^https?:\/\//i.test(url)) return { kind: "url", url };
  throw invalid(param, "a data URI in base64 (data:<type>;base64,…) or an http(s) URL");
}
