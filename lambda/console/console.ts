import type { Catalog } from "../core/catalog.ts";
import type { Payments } from "../core/payments.ts";
import type { Ledger } from "../core/ports.ts";

/** All that the console needs from the outside. `handler.ts` and the local runner wire it. */
export interface Console {
  readonly catalog: Catalog;
  readonly ledger: Ledger;
  readonly payments: Payments;
  /** Where the page is, without a slash at the end: `https://….amazonaws.com/prod/console`. */
  readonly consoleUrl: string;
  readonly nowMs: () => number;
  readonly newRequestId: () => string;
}
