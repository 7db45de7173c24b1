import { afterAll, beforeAll, expect, test } from "vitest";
import { chat, completion, usage } from "./completions.ts";
import { openWorld, type World } from "./world.ts";

const TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";
const VALID = `00-${TRACE_ID}-00f067aa0ba902b7-01`;

let world: World;
beforeAll(async () => {
  world = await openWorld();
  world.provider.always(completion("Hi", usage(3, 1)));
});
afterAll(() => world.close());

async function passedOn(headers: Record<string, string>) {
  const client = await world.client();
  const response = await client.post(chat(), { headers });
  await client.ended(response);
  const { traceId } = await world.line(response);
  return { status: response.status, traceId, sent: world.provider.calls.at(-1)?.headers["traceparent"] };
}

test("a client's trace reaches the provider as it came, and its id the log", async () => {
  expect(await passedOn({ traceparent: VALID })).toEqual({ status: 200, traceId: TRACE_ID, sent: VALID });
});

test("a request that is refused is found by its trace, too", async () => {
  const response = await fetch(`${world.router.baseUrl}/chat/completions`, {
    method: "POST",
    headers: { traceparent: VALID },
    body: "{}",
  });
  expect([response.status, (await world.line(response)).traceId]).toEqual([401, TRACE_ID]);
});

test.each([
  "",
  "nonsense",
  VALID.toUpperCase(),
  `${VALID}-more`,
  `01${VALID.slice(2)}`,
  `ff${VALID.slice(2)}`,
  `00-${"0".repeat(32)}-00f067aa0ba902b7-01`,
  `00-${TRACE_ID}-${"0".repeat(16)}-01`,
  `${VALID}, ${VALID}`,
])("what is no trace goes nowhere, and is no reason to refuse: %j", async (traceparent) => {
  expect(await passedOn({ traceparent })).toEqual({ status: 200, traceId: undefined, sent: undefined });
});
