import { InvalidArgumentError } from "commander";
import { type PicoUsd, parseUsd } from "../../lambda/core/money.ts";
import { dayNamed, monthNamed, type Period } from "../../lambda/core/report/period.ts";

/**
 * Parsers of arguments. Each throws commander's InvalidArgumentError, which is printed behind the argument's name and
 * value, before anything is opened or written.
 */

/** More than zero. */
export function usd(text: string): PicoUsd {
  const amount = usdOrZero(text);
  if (amount === 0n) throw new InvalidArgumentError("Zero moves nothing: write an amount above zero.");
  return amount;
}

export function usdOrZero(text: string): PicoUsd {
  const amount = parsedUsd(text);
  if (amount < 0n) {
    throw new InvalidArgumentError(
      'An amount here is never negative: "accounts debit" takes money from a balance.',
    );
  }
  return amount;
}

function parsedUsd(text: string): PicoUsd {
  try {
    return parseUsd(text);
  } catch (error) {
    if (error instanceof RangeError) throw new InvalidArgumentError(`${error.message}.`);
    throw error;
  }
}

/** What people will read in tables and what stands in ledger records of at most 600 bytes. */
export function shortText(text: string): string {
  const trimmed = text.trim();
  if (trimmed === "") throw new InvalidArgumentError("Write at least one character.");
  if (Buffer.byteLength(trimmed) > MAX_TEXT_BYTES) {
    throw new InvalidArgumentError(`Write at most ${MAX_TEXT_BYTES} bytes.`);
  }
  if (/\p{Cc}/u.test(trimmed))
    throw new InvalidArgumentError("Write it in one line, without control characters.");
  return trimmed;
}

const MAX_TEXT_BYTES = 200;

/** The operator's own id for a credit or debit, as it will stand in the ledger. */
export function adjustmentId(text: string): string {
  const [, id] = /^(?:adj_)?([A-Za-z0-9._-]{1,64})$/.exec(text) ?? [];
  if (!id) throw new InvalidArgumentError("Write 1 to 64 letters, digits, dots, dashes or underscores.");
  return `adj_${id}`;
}

/** A whole number above zero; so many a minute. */
export function perMinute(text: string): number {
  const count = Number(text);
  if (!/^\d{1,12}$/.test(text) || count === 0) {
    throw new InvalidArgumentError("Write a whole number above zero, for example 60.");
  }
  return count;
}

/** The parser's value, or the one word beside it that may stand here. */
export function orWord<Word extends string, T>(
  word: Word,
  parse: (text: string) => T,
): (text: string) => T | Word {
  return (text) => (text === word ? word : parse(text));
}

export function nameList(text: string): string[] {
  const names = [...new Set(text.split(",").map((name) => name.trim()))];
  if (names.includes("")) throw new InvalidArgumentError("Write model ids with commas between them: a,b.");
  return names;
}

/** A whole day of UTC. */
export function day(text: string): Period {
  const found = dayNamed(text);
  if (!found) throw new InvalidArgumentError("Write a day of the calendar: 2026-11-23.");
  return found;
}

/** A whole month of UTC. */
export function month(text: string): Period {
  const found = monthNamed(text);
  if (!found) throw new InvalidArgumentError("Write a month of the calendar: 2026-11.");
  return found;
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT =
  /^(\d{4}-\d{2}-\d{2})T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,3})?)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)?$/;

/** A day in UTC as its first instant, or an instant (UTC unless it names an offset), as ISO 8601. */
export function firstInstant(text: string): string {
  return instant(text, "T00:00:00.000Z");
}

/** The same, a day as its last instant. */
export function lastInstant(text: string): string {
  return instant(text, "T23:59:59.999Z");
}

function instant(text: string, timeOfDay: string): string {
  const [, day = text] = INSTANT.exec(text) ?? [];
  if (!DAY.test(day)) {
    throw new InvalidArgumentError("Write a day, 2026-11-23, or an instant, 2026-11-23T10:00:00Z.");
  }
  if (!isRealDay(day)) throw new InvalidArgumentError("There is no such day.");
  if (text === day) return day + timeOfDay;
  return new Date(/(Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`).toISOString();
}

/** JavaScript reads 2026-02-30 as the second of March. */
function isRealDay(day: string): boolean {
  const midnight = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day);
}
