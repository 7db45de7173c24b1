import { zValidator } from "@hono/zod-validator";
import type { ValidationTargets } from "hono";
import type { z } from "zod";
import { ConsoleError } from "./errors.ts";

/**
 * Refuses what a schema does not take, naming the first field that is wrong and what would be right.
 * @throws ConsoleError `invalid_request`
 */
export function valid<Target extends "json" | "query", Schema extends z.ZodType>(
  target: Target & keyof ValidationTargets,
  schema: Schema,
) {
  return zValidator(target, schema, (result) => {
    if (result.success) return;
    const [issue] = result.error.issues;
    const path = issue?.code === "unrecognized_keys" ? [...issue.path, ...issue.keys] : (issue?.path ?? []);
    const param = path.join(".");
    const expected =
      issue?.code === "unrecognized_keys" ? "This field is unknown" : `Expected ${issue?.message}`;
    throw new ConsoleError("invalid_request", param ? `${param}: ${expected}.` : `${expected}.`, { param });
  });
}
