/**
 * Building blocks of the configuration's schema. Every `form` completes the sentence "expected …", so that each problem
 * says what would be right.
 */
import { z } from "zod";

/** An object with exactly these fields: an unknown one is a typing mistake, and a silent one could cost money. */
export function fields<Shape extends z.ZodRawShape>(shape: Shape, form?: string) {
  const names = Object.keys(shape).join(", ");
  return z.strictObject(shape, {
    error: ({ code }) =>
      code === "unrecognized_keys" ? `one of ${names}` : (form ?? `an object of ${names}`),
  });
}

export function text(pattern: RegExp, form: string) {
  return z.string({ error: form }).regex(pattern, { error: form });
}

export function oneOf<const Values extends readonly [string, ...string[]]>(...values: Values) {
  return z.enum(values, { error: `one of ${values.map((value) => `"${value}"`).join(", ")}` });
}

export function listOf<Item extends z.ZodType>(item: Item, form: string) {
  return z.array(item, { error: form }).min(1, { error: form });
}

const LARGEST_INTEGER = 1_000_000_000;

export function wholeNumber(form: string) {
  return z
    .int({ error: form })
    .min(1, { error: form })
    .max(LARGEST_INTEGER, { error: `at most ${LARGEST_INTEGER}` });
}

export const milliseconds = wholeNumber("milliseconds, a whole number above 0");

export const PROVIDER_NAME = /^[a-z0-9][a-z0-9-]{0,31}$/;
