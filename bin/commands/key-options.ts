import { Option } from "commander";
import type { SpendLimit } from "../../lambda/core/keys.ts";
import { Failure, UsageError } from "./failures.ts";
import { configuredModels } from "./models.ts";
import { nearestNames } from "./nearest-names.ts";
import type { Session } from "./session.ts";

const PERIODS: readonly SpendLimit["period"][] = ["total", "month"];

export function limitPeriodOption(): Option {
  return new Option("--limit-period <period>", "… in all, or in a calendar month (UTC)").choices(PERIODS);
}

interface Judged {
  readonly models?: readonly string[] | null | undefined;
  readonly expires?: string | null | undefined;
}

/** What the arguments mean beyond their form, before anything is opened. @throws Failure, UsageError */
export async function judgeKeyOptions(session: Session, { models, expires }: Judged): Promise<void> {
  if (expires && Date.parse(expires) <= session.io.nowMs()) {
    throw new UsageError(`--expires ${expires} is in the past: choose a later day`);
  }
  if (!models) return;
  const known = (await configuredModels(session)).map(({ id }) => id);
  const unknown = models.filter((id) => !known.includes(id));
  if (unknown.length === 0) return;
  const hints = unknown.map((id) => `"${id}" (nearest: ${nearestNames(id, known).join(", ")})`);
  throw new Failure(
    `--models names what is not in the configuration: ${hints.join("; ")}; "models" shows all`,
  );
}
