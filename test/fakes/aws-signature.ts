import { createHash, createHmac, type Hash, type Hmac } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

/** The SDK's signer is given a class that hashes, or with a key signs. */
export class Sha256 {
  readonly #hash: Hash | Hmac;
  constructor(key?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = key === undefined ? createHash("sha256") : createHmac("sha256", asKey(key));
  }
  update(data: string | Uint8Array): void {
    this.#hash.update(data);
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
}

function asKey(key: string | ArrayBuffer | ArrayBufferView): string | Uint8Array {
  if (typeof key === "string") return key;
  return ArrayBuffer.isView(key)
    ? new Uint8Array(key.buffer, key.byteOffset, key.byteLength)
    : new Uint8Array(key);
}

export interface ClaimedSignature {
  readonly accessKeyId: string;
  readonly region: string;
  readonly service: string;
  /** In lower case, as they were signed. */
  readonly signedHeaders: readonly string[];
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([^,]+), Signature=[0-9a-f]{64}$/;

/** What a call says of its own signature. @throws Error when it has none. */
export function claimedSignature({ authorization = "" }: IncomingHttpHeaders): ClaimedSignature {
  const [, accessKeyId, region, service, signedHeaders] = AUTHORIZATION.exec(authorization) ?? [];
  if (!accessKeyId || !region || !service || !signedHeaders) throw new Error(`not signed: ${authorization}`);
  return { accessKeyId, region, service, signedHeaders: signedHeaders.split(";") };
}

/** Of `x-amz-date`: `20150830T123600Z`. */
export function dateOf(amzDate: string): Date {
  return new Date(amzDate.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
}
