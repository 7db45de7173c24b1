/**
 * A try's name inside a hold: who tries, what was asked where the client chose the request's id, and which try it is:
 * `nonce.try`, or `nonce~fingerprint.try`. Two requests that share an id (the same `Idempotency-Key`) differ in the nonce,
 * so neither can take the other's hold for its own.
 * @returns what every try of one request begins with.
 */
export function ownAttempts(nonce: string, fingerprint: string | undefined): string {
  return fingerprint === undefined ? `${nonce}.` : `${nonce}~${fingerprint}.`;
}

export function fingerprintOf(attempt: string): string | undefined {
  return /~([^.]*)\./.exec(attempt)?.[1];
}
