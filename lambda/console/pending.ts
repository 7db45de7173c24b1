import { ConsoleError } from "./errors.ts";

/** Stands where an answer will come from. @throws ConsoleError `not_implemented` */
export async function pending<T>(): Promise<T> {
  throw new ConsoleError("not_implemented", "This part of the console is not built yet.");
}
