import { afterAll, beforeAll, expect, test } from "vitest";
import { eventOf } from "../../lambda/core/events.ts";
import { chat, completion, usage } from "./completions.ts";
import { expectError, openWorld, requestIdOf, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await openWorld();
  world.provider.always(completion("Hi", usage(3, 1)));
});
afterAll(() => world.close());

async function tagOf(headers: Record<string, string>, fields: object = {}) {
  const client = await world.client();
  const response = await client.post(chat({ ...fields }), { headers });
  await response.text();
  const entry = await client.ended(response);
  const event = eventOf(entry);
  const shown = JSON.parse(await (await client.get(`/requests/${requestIdOf(response)}`)).text());
  const by = JSON.parse(await (await client.get("/usage?group_by=tag")).text());
  return {
    entry: entry.charge?.tag,
    event: event.type === "usage.settled" ? event.detail.tag : undefined,
    shown: shown.tag,
    usage: by.data.map(({ group }: { group: unknown }) => group),
  };
}

function everywhere(tag: string) {
  return { entry: tag, event: tag, shown: tag, usage: [tag] };
}

test("The header's tag is in the entry, the event, the request and the usage.", async () => {
  expect(await tagOf({ "x-wlrouter-tag": "team-a" })).toEqual(everywhere("team-a"));
});

test("OpenAI's user is the tag where there is no header, and only there.", async () => {
  expect(await tagOf({}, { user: "customer-7" })).toEqual(everywhere("customer-7"));
  expect(await tagOf({ "x-wlrouter-tag": "team-a" }, { user: "customer-7" })).toEqual(everywhere("team-a"));
});

test("A request without either has no tag.", async () => {
  expect(await tagOf({})).toEqual({ entry: undefined, event: null, shown: null, usage: [null] });
});

test("A user that is too long is cut to 64 bytes, never within a character.", async () => {
  expect(await tagOf({}, { user: "x".repeat(65) })).toEqual(everywhere("x".repeat(64)));
  // Three bytes each.
  expect(await tagOf({}, { user: "€".repeat(30) })).toEqual(everywhere("€".repeat(21)));
});

test("A header of 64 characters is taken whole; of 65 it is refused before anything is held or called.", async () => {
  expect(await tagOf({ "x-wlrouter-tag": "y".repeat(64) })).toEqual(everywhere("y".repeat(64)));
  const client = await world.client();
  const calls = world.upstreamCalls();
  const refused = await client.post(chat(), { headers: { "x-wlrouter-tag": "y".repeat(65) } });
  await expectError(refused, { status: 400, code: "invalid_value", param: "x-wlrouter-tag" });
  expect(world.upstreamCalls()).toBe(calls);
  await client.expectUntouched();
});

test("The provider is not told the header.", async () => {
  await tagOf({ "x-wlrouter-tag": "secret-project" });
  const call = world.provider.calls.at(-1);
  expect(JSON.stringify([call?.headers, call?.json])).not.toContain("secret-project");
});
