import { GatewayError } from "../core/errors.ts";

const MAX_CHARACTERS = 64;
/** A tag stands in the account item until it is drained, so it must stay small in any script. */
const MAX_BYTES = 64;

/**
 * The label a request is charged back under: the header `x-wlrouter-tag`, or OpenAI's `user` where there is none. A
 * `user` that is too long is cut, since it was not written for us.
 * @throws GatewayError when the header is longer than 64 characters.
 */
export function readTag(header: string | undefined, user: string | null | undefined): string | undefined {
  if (header === undefined) return user ? cut(user) : undefined;
  if (header.length > MAX_CHARACTERS) {
    throw new GatewayError(
      "invalid_value",
      `\`x-wlrouter-tag\` has more than ${MAX_CHARACTERS} characters.`,
      {
        param: "x-wlrouter-tag",
      },
    );
  }
  return cut(header.trim()) || undefined;
}

/** The longest beginning that has at most 64 bytes, never half a character. */
function cut(text: string): string {
  const bytes = new TextEncoder().encode(text).subarray(0, MAX_BYTES);
  return new TextDecoder().decode(bytes, { stream: true });
}
