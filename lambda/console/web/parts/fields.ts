import { ApiError } from "../api.ts";

/** What the API says about one field of a form, to be shown at it: without the field's name in the API. */
export function errorOf(error: unknown, param: string): string | undefined {
  if (!(error instanceof ApiError) || error.param === null) return undefined;
  if (error.param !== param && !error.param.startsWith(`${param}.`)) return undefined;
  return error.message.replace(`${error.param}: `, "");
}

/** Whatever is not about one of these fields belongs to the form as a whole. */
export function isOfForm(error: unknown, params: readonly string[]): boolean {
  return Boolean(error) && params.every((param) => errorOf(error, param) === undefined);
}
