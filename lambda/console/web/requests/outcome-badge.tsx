import { Badge } from "@mantine/core";
import type { RequestRow } from "../../usage-views.ts";

type Shown = RequestRow["outcome"];

/** What each end of a request means, in a sentence; `docs/money.md` has the rules. */
export const OUTCOMES: Readonly<Record<Shown, { readonly color: string; readonly about: string }>> = {
  completed: { color: "green", about: "The answer came to its normal end." },
  open: { color: "ink", about: "It is running; its money is on hold." },
  failed: { color: "red", about: "No provider answered. Nothing was charged." },
  broken: { color: "orange", about: "The answer broke off. What had come was charged." },
  suspense: { color: "yellow", about: "Nobody knows whether it was answered. Nothing was charged." },
  expired: { color: "gray", about: "It was given up after its time. Nothing was charged." },
  aborted: { color: "orange", about: "It was ended at the longest time allowed. What had come was charged." },
};

export function OutcomeBadge({ outcome }: { outcome: Shown }) {
  return (
    <Badge color={OUTCOMES[outcome].color} title={OUTCOMES[outcome].about}>
      {outcome}
    </Badge>
  );
}
