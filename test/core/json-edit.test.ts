import fc from "fast-check";
import { expect, test } from "vitest";
import { editObject } from "../../lambda/core/json-edit.ts";
import { topLevelMembers } from "../../lambda/core/top-level-members.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function edit(json: string, edits: Record<string, unknown>): string {
  return decoder.decode(editObject(encoder.encode(json), edits));
}

/** `__proto__` is a name like any other in JSON, but not in an object literal of ours. */
const name = fc
  .oneof(fc.constantFrom("model", "seed", "max_tokens", 'q"uo\\te', ""), fc.string({ unit: "binary" }))
  .filter((text) => text !== "__proto__" && text.isWellFormed());
const value = fc.jsonValue({ maxDepth: 3, stringUnit: "binary" });
const spaces = fc.constantFrom("", " ", "\n", "\t ", "\r\n  ");

/** Members as text: any value, any spacing, names plain or with every character escaped, duplicates included. */
const members = fc.array(
  fc.record({ name, escaped: fc.boolean(), value: value.map((it) => JSON.stringify(it)), space: spaces }),
  { maxLength: 8 },
);

function escaped(text: string): string {
  const units = Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));
  return `"${units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("")}"`;
}

function spell(parts: { name: string; escaped: boolean; value: string; space: string }[]): string {
  const texts = parts.map(
    (it) =>
      `${it.space}${it.escaped ? escaped(it.name) : JSON.stringify(it.name)}${it.space}:${it.space}${it.value}${it.space}`,
  );
  return `${texts.length % 2 ? " " : ""}{${texts.join(",")}}\n`;
}

test("an edited object is what parsing, editing and writing it would give", () => {
  const edits = fc.array(fc.tuple(name, fc.option(value, { nil: undefined })), { maxLength: 5 });
  fc.assert(
    fc.property(members, edits, (parts, changes) => {
      const json = spell(parts);
      const expected = new Map<string, unknown>(Object.entries(JSON.parse(json)));
      for (const [key, change] of changes) {
        if (change === undefined) expected.delete(key);
        else expected.set(key, JSON.parse(JSON.stringify(change)));
      }
      const edited = edit(json, Object.fromEntries(changes));
      expect(new Map(Object.entries(JSON.parse(edited)))).toEqual(expected);
      const names = topLevelMembers(encoder.encode(edited)).map((member) => member.name);
      expect(new Set(names).size).toBe(names.length);
    }),
    { numRuns: 2_000 },
  );
});

test("members that are not edited keep their bytes", () => {
  fc.assert(
    fc.property(members, (parts) => {
      const json = encoder.encode(spell(parts));
      const last = new Map(
        topLevelMembers(json).map((it) => [it.name, decoder.decode(json.subarray(it.start, it.end))]),
      );
      const edited = editObject(json, { model: undefined });
      for (const it of topLevelMembers(edited)) {
        expect(decoder.decode(edited.subarray(it.start, it.end))).toBe(last.get(it.name));
      }
    }),
    { numRuns: 1_000 },
  );
});

test("a 64-bit seed and unusual spellings of numbers survive an edit", () => {
  const json =
    '{"seed": 9223372036854775807, "temperature": 1.0e-0, "model": "a", "x": [1.10, {"y": 18446744073709551615}]}';
  expect(edit(json, { model: "b" })).toBe(
    '{"seed": 9223372036854775807,"temperature": 1.0e-0,"model": "b","x": [1.10, {"y": 18446744073709551615}]}',
  );
});

test("of duplicate names only the last stays, however it is spelled", () => {
  expect(edit('{"max_tokens":9,"a":1,"max_\\u0074okens":5}', {})).toBe('{"max_\\u0074okens":5,"a":1}');
  expect(edit('{"max_tokens":9,"a":1,"max_\\u0074okens":5}', { max_tokens: undefined })).toBe('{"a":1}');
});

test("names that look like an edit inside strings and nested objects are left alone", () => {
  const json = '{"a":"\\\\\\",\\"model\\":1","b":{"model":[{"model":"}"}]}}';
  expect(edit(json, { model: 2 })).toBe(`${json.slice(0, -1)},"model":2}`);
});

test("a byte order mark is dropped", () => {
  expect(edit('\uFEFF{"a":1}', { a: 2 })).toBe('{"a":2}');
});

test.each([
  "",
  "[]",
  "1",
  '{"a":1',
  '{"a',
  '{"a":"\\"}',
  '{"a":}',
  '{"a":[1}',
  '{"a" 1}',
  '{"a":1 "b":2}',
  "{a:1}",
])("%s is not an object to edit", (json) => {
  expect(() => edit(json, {})).toThrow(SyntaxError);
});
