/** What pages of other origins may read of an answer. */
export const EXPOSED_HEADERS = [
  "x-request-id",
  "retry-after",
  "x-should-retry",
  "x-wlrouter-provider",
  "x-wlrouter-model",
  ...["limit", "remaining", "reset"].flatMap((what) => [
    `x-ratelimit-${what}-requests`,
    `x-ratelimit-${what}-tokens`,
  ]),
];

const EXPOSED = EXPOSED_HEADERS.join(",");

/** The headers that hono's `cors` gives an answer (a preflight's are its own to give). */
export function corsHeaders(
  origins: readonly string[],
): (origin: string | undefined) => Readonly<Record<string, string>> {
  const exposed = { "access-control-expose-headers": EXPOSED };
  if (origins.includes("*")) {
    const anyone = { ...exposed, "access-control-allow-origin": "*" };
    return () => anyone;
  }
  return (origin = "") => ({
    ...exposed,
    ...(origins.includes(origin) && { "access-control-allow-origin": origin }),
    vary: "Origin",
  });
}
