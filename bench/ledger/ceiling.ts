/** What DynamoDB gives one partition key, and so one account's item, in a second. */
const UNITS_A_SECOND = 1_000;
/** HOLD, SETTLE, and DRAIN's clearing of the outbox. */
const WRITES_OF_THE_ITEM = 3;
const MOST_HOLDS = 256;

export interface ItemSize {
  /** Of the account item with no hold. */
  readonly baseBytes: number;
  readonly holdBytes: number;
}

export interface Ceiling {
  readonly requestsASecond: number;
  readonly openHolds: number;
  readonly unitsARequest: number;
  readonly limitedBy: "write units" | "256 holds";
}

/** AWS's rule: an update consumes the larger of the item before and after, in whole units of 1,024 bytes. */
export function unitsOfWrite(sizeBytes: number): number {
  return Math.max(1, Math.ceil(sizeBytes / 1_024));
}

/** The most requests a second that one account can begin when each stays open for so long. */
export function ceilingOf(size: ItemSize, openSeconds: number): Ceiling {
  let best: Ceiling = { requestsASecond: 0, openHolds: 0, unitsARequest: 0, limitedBy: "write units" };
  for (let openHolds = 1; openHolds <= MOST_HOLDS; openHolds++) {
    const requestsASecond = openHolds / openSeconds;
    const unitsARequest = WRITES_OF_THE_ITEM * unitsOfWrite(size.baseBytes + openHolds * size.holdBytes);
    if (requestsASecond * unitsARequest > UNITS_A_SECOND) return best;
    best = { requestsASecond, openHolds, unitsARequest, limitedBy: "256 holds" };
    if (openHolds < MOST_HOLDS) best = { ...best, limitedBy: "write units" };
  }
  return best;
}
