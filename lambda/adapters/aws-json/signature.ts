import { hash } from "node:crypto";

/** What a request is signed with. */
export interface SigningKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

export interface Signable {
  /** Lower-case names in alphabetical order, `host` and `x-amz-date` among them: all of them are signed. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  /** As it is sent, its segments encoded; absent: `/`. */
  readonly path?: string;
  readonly keys: SigningKeys;
  /** The same as in `x-amz-date`. */
  readonly date: string;
}

/** @returns the value of the `authorization` header. */
export type Sign = (request: Signable) => string;

/**
 * AWS's Signature Version 4 for a POST without a query: to `/` in its JSON protocol, to a path of its own in Bedrock's.
 * Proven against AWS's published test suite and against `@smithy/signature-v4` (test/adapters/aws-json). A signature costs
 * two hashes and one HMAC: the key is derived once a day.
 */
export function createSigner({ region, service }: { region: string; service: string }): Sign {
  let derived: { secret: string; day: string; hmac: (text: string) => string } | undefined;
  return ({ headers, body, path = "/", keys, date }) => {
    const day = date.slice(0, 8);
    if (derived?.day !== day || derived.secret !== keys.secretAccessKey) {
      const key = deriveKey(keys.secretAccessKey, day, region, service);
      derived = { secret: keys.secretAccessKey, day, hmac: hmacWith(key) };
    }
    const scope = `${day}/${region}/${service}/aws4_request`;
    const signedHeaders = Object.keys(headers).join(";");
    const canonical = `POST\n${canonicalPath(path)}\n\n${canonicalHeaders(headers)}\n${signedHeaders}\n${hash("sha256", body)}`;
    const text = `AWS4-HMAC-SHA256\n${date}\n${scope}\n${hash("sha256", canonical)}`;
    const signature = derived.hmac(text);
    return `AWS4-HMAC-SHA256 Credential=${keys.accessKeyId}/${scope}, SignedHeaders=${signedHeaders}, Signature=${signature}`;
  };
}

let written = { second: Number.NaN, text: "" };

/** `20150830T123600Z`. Many requests are signed within the same second. */
export function amzDate(epochMs: number): string {
  const second = Math.floor(epochMs / 1_000);
  if (written.second !== second) {
    written = { second, text: new Date(epochMs).toISOString().replace(/[-:]|\.\d{3}/g, "") };
  }
  return written.text;
}

/** Every service but S3 signs the path encoded twice. */
function canonicalPath(path: string): string {
  return path === "/" ? path : path.split("/").map(encodeURIComponent).join("/");
}

function canonicalHeaders(headers: Readonly<Record<string, string>>): string {
  let lines = "";
  for (const name in headers) lines += `${name}:${headers[name]}\n`;
  return lines;
}

function deriveKey(secret: string, ...steps: readonly string[]): Buffer {
  return [...steps, "aws4_request"].reduce<Buffer>(
    (key, step) => Buffer.from(hmacWith(key)(step), "hex"),
    Buffer.from(`AWS4${secret}`),
  );
}

const BLOCK_BYTES = 64;
const HASH_BYTES = 32;

/**
 * HMAC-SHA-256 in hex (RFC 2104) of one-shot hashes: `createHmac` imports the key anew for each call, which was a tenth of
 * a request's CPU.
 */
function hmacWith(key: Buffer): (text: string) => string {
  const block = Buffer.alloc(BLOCK_BYTES);
  (key.length > BLOCK_BYTES ? hash("sha256", key, "buffer") : key).copy(block);
  const inner = block.map((byte) => byte ^ 0x36);
  const outer = Buffer.alloc(BLOCK_BYTES + HASH_BYTES);
  block.forEach((byte, i) => {
    outer[i] = byte ^ 0x5c;
  });
  return (text) => {
    hash("sha256", Buffer.concat([inner, Buffer.from(text)]), "buffer").copy(outer, BLOCK_BYTES);
    return hash("sha256", outer);
  };
}
