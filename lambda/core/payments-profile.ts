import type { Cents, TopUpPrice } from "./payments-amount.ts";

/** An automatic top-up: written down before anyone is charged, so that a crash leaves word of what may have been paid. */
export interface TopUpOrder {
  /** The processor knows repetitions by it. */
  readonly orderId: string;
  /** Of the crossing that it answers, and how many orders answered that before. */
  readonly sequence: number;
  readonly step: number;
  readonly price: TopUpPrice;
  readonly customerId: string;
  readonly methodId: string;
  readonly startedAtMs: number;
  /** `open`: it may have been charged. */
  readonly state: "open" | "done";
}

/** What is remembered of an account's payments, apart from money. */
export interface PaymentProfile {
  readonly customerId?: string | undefined;
  readonly method?: { readonly methodId: string; readonly brand: string; readonly last4: string } | undefined;
  /** When the method was last saved or forgotten. Milliseconds since 1970. */
  readonly methodAtMs?: number | undefined;
  readonly auto?:
    | {
        readonly enabled: boolean;
        readonly creditCents: Cents;
        readonly maximumPerDay: number;
        /** For people; absent while nothing has stopped it. */
        readonly stoppedBecause?: string | undefined;
      }
    | undefined;
  /** How many orders were begun on a day of UTC. */
  readonly day?: { readonly name: string; readonly orders: number } | undefined;
  readonly order?: TopUpOrder | undefined;
}

export interface StoredProfile {
  readonly profile: PaymentProfile;
  /** What a replacement must still find. */
  readonly revision: string;
}

export interface PaymentProfiles {
  /** Undefined when there is no such account. */
  read(accountId: string): Promise<StoredProfile | undefined>;
  /** @returns false when it has changed since it was read. */
  replace(accountId: string, revision: string, profile: PaymentProfile): Promise<boolean>;
}

/**
 * Changes a profile whoever else changes it at the same time.
 * @param change of the profile as it is; it may be called again. The same object: nothing is to be written.
 * @returns the profile as it is now; undefined when there is no such account.
 */
export async function changeProfile(
  profiles: PaymentProfiles,
  accountId: string,
  change: (profile: PaymentProfile) => PaymentProfile,
): Promise<PaymentProfile | undefined> {
  for (;;) {
    const stored = await profiles.read(accountId);
    if (!stored) return undefined;
    const changed = change(stored.profile);
    if (changed === stored.profile) return changed;
    if (await profiles.replace(accountId, stored.revision, changed)) return changed;
  }
}
