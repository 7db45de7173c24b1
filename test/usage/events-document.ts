import { z } from "zod";
import { eventOf, eventOfChange } from "../../lambda/core/events.ts";
import { balanceLowEvent } from "../../lambda/core/low-balance.ts";
import { balanceLow, balanceMoved, ledgerTampered, usageSettled } from "../../lambda/usage/event-schema.ts";
import { charge, movement } from "./entries.ts";

const ACCOUNT_ID = "acct_1";

/** Every detail type: what it means, its schema, and an event as the product itself makes it. */
export const EVENTS = [
  {
    meaning: "A request was settled: charged, or ended at zero with an `outcome` that says why.",
    schema: usageSettled,
    example: eventOf(charge(420, { tag: "team-a" })),
  },
  {
    meaning: "A top-up reached the balance.",
    schema: balanceMoved,
    example: eventOf(movement("topup_pi_123", "topup", 10_000_000_000_000n)),
  },
  {
    meaning: "A refund or an operator's adjustment moved the balance.",
    schema: balanceMoved,
    example: eventOf(movement("adj_7", "adjustment", -2_500_000_000_000n)),
  },
  {
    meaning:
      "The balance fell below the account's threshold. Once for each crossing: the next one comes only after the " +
      "balance was seen back at or above the threshold. One that rose and fell again unseen stayed low.",
    schema: balanceLow,
    example: balanceLowEvent(ACCOUNT_ID, {
      sequence: 42,
      postedPicoUsd: 4_999_000_000_000n,
      thresholdPicoUsd: 5_000_000_000_000n,
      at: "2026-11-23T04:05:08.000Z",
      told: false,
    }),
  },
  {
    meaning: "A ledger entry was changed or removed, which WLRouter never does. Find out who did.",
    schema: ledgerTampered,
    example: eventOfChange({
      change: "modified",
      accountId: ACCOUNT_ID,
      entryId: "req_acct_1_420",
      changeId: "c4ca4238a0b923820dcc509a6f75849b",
      changedAt: "2026-11-23T04:05:06.000Z",
    }),
  },
];

const INTRODUCTION = `# Events

Whatever the ledger sees goes onto the EventBridge bus \`wlrouter\` with the source \`wlrouter\`: make rules of your own on
it. No event holds any text of a prompt or an answer.

- Delivery is at least once and in no order. \`entry_id\`, or \`event_id\` where there is one, tells a repetition.
- Amounts are strings of whole pico-USD: 1 USD is 1,000,000,000,000.
- New fields may come without a new \`version\`: ignore those that you do not know.
`;

/** docs/events.md, from the schemas that the consumers read events by. */
export function eventsDocument(): string {
  const chapters = EVENTS.map(({ meaning, schema, example: { type, detail } }) =>
    [
      `## \`${type}\``,
      meaning,
      fieldTable(schema),
      `\`\`\`json\n${JSON.stringify({ source: "wlrouter", "detail-type": type, detail }, null, 2)}\n\`\`\``,
    ].join("\n\n"),
  );
  return `${[INTRODUCTION.trimEnd(), ...chapters].join("\n\n")}\n`;
}

function fieldTable(schema: z.ZodObject): string {
  const rows = Object.entries(schema.shape).map(
    ([name, field]) => `| \`${name}\` | ${formOf(field)} | ${z.globalRegistry.get(field)?.description} |`,
  );
  return ["| field | form | meaning |", "|---|---|---|", ...rows].join("\n");
}

function formOf(field: z.core.$ZodType): string {
  const { type, anyOf, enum: values, const: value } = z.toJSONSchema(field);
  if (values) return values.map((name) => `\`${name}\``).join(", ");
  if (value !== undefined) return `\`${value}\``;
  return (anyOf ? anyOf.map((form) => form.type) : [type].flat()).join(" or ");
}
