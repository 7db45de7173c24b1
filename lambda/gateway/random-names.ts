import { randomFillSync } from "node:crypto";
import { v7 as uuidv7 } from "uuid";

/** Asking the system for randomness costs about the same for one byte as for a few thousand. */
const POOL_BYTES = 4_096;
const UUID_BYTES = 16;
const ATTEMPT_BYTES = 5;

export interface RandomNames {
  /** `req_` and a UUIDv7. */
  readonly requestId: () => string;
  /** Of one try of HOLD: 40 bits in base64url. */
  readonly attempt: () => string;
}

/** @param fill fills with random bytes; none of them is used twice */
export function createRandomNames(fill: (bytes: Buffer) => void = randomFillSync): RandomNames {
  const pool = Buffer.alloc(POOL_BYTES);
  let at = POOL_BYTES;
  const take = (length: number): Buffer => {
    if (at + length > POOL_BYTES) {
      fill(pool);
      at = 0;
    }
    at += length;
    return pool.subarray(at - length, at);
  };
  return {
    requestId: () => `req_${uuidv7({ random: take(UUID_BYTES) })}`,
    attempt: () => take(ATTEMPT_BYTES).toString("base64url"),
  };
}
