import { expect, test } from "vitest";
import { parseEvent } from "../../lambda/usage/event-schema.ts";
import { EVENTS, eventsDocument } from "./events-document.ts";

test("docs/events.md says what the schemas say; `npm test -- -u` writes it again", async () => {
  await expect(eventsDocument()).toMatchFileSnapshot("../../docs/events.md");
});

test.each(EVENTS)(
  "$example.type has the fields of its schema, no more and no less",
  ({ schema, example }) => {
    expect(Object.keys(example.detail)).toEqual(Object.keys(schema.shape));
    expect(parseEvent(example)).toEqual(example);
  },
);

test("an event with a new field is read without it; one of a version to come is refused by name, without its values", () => {
  const [{ example } = { example: undefined }] = EVENTS;
  if (!example) throw new Error("there are events");
  const { type, detail } = example;
  expect(parseEvent({ type, detail: { ...detail, colour: "red" } })).toEqual(example);
  expect(() => parseEvent({ type, detail: { ...detail, version: 2 } })).toThrow("detail.version");
  expect(() => parseEvent({ type, detail: { ...detail, cost_pico_usd: "secret" } })).toThrow(
    /^(?!.*secret).*cost_pico_usd/,
  );
  expect(() => parseEvent({ type: "usage.unknown", detail })).toThrow("type");
});
