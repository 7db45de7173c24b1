import { z } from "zod";
import type { PaymentProfile, PaymentProfiles } from "../../core/payments-profile.ts";
import { readText, text } from "./attributes.ts";
import { accountKey } from "./items.ts";
import { type Store, StoreError } from "./store.ts";

/** Where there is none yet. No profile is written like this. */
const NONE = "";

const Cents = z.string().regex(/^\d+$/).transform(BigInt);

const Profile = z.object({
  customerId: z.string().optional(),
  method: z.object({ methodId: z.string(), brand: z.string(), last4: z.string() }).optional(),
  methodAtMs: z.int().optional(),
  auto: z
    .object({
      enabled: z.boolean(),
      creditCents: Cents,
      maximumPerDay: z.int(),
      stoppedBecause: z.string().optional(),
    })
    .optional(),
  day: z.object({ name: z.string(), orders: z.int() }).optional(),
  order: z
    .object({
      orderId: z.string(),
      sequence: z.int(),
      step: z.int(),
      price: z.object({ creditCents: Cents, feeCents: Cents }),
      customerId: z.string(),
      methodId: z.string(),
      startedAtMs: z.int(),
      state: z.enum(["open", "done"]),
    })
    .optional(),
}) satisfies z.ZodType<PaymentProfile>;

/**
 * Profiles live on the account item, in one attribute of text: no write here touches money, and a replacement names the
 * whole text that it replaces.
 */
export function createPaymentProfiles(store: Store, table: string): PaymentProfiles {
  return {
    async read(accountId) {
      const item = await store.get(table, accountKey(accountId), { consistent: true });
      if (!item) return undefined;
      const revision = readText(item, "paymentProfile") ?? NONE;
      return { profile: revision === NONE ? {} : Profile.parse(JSON.parse(revision)), revision };
    },
    async replace(accountId, revision, profile) {
      const isFirst = revision === NONE;
      try {
        await store.update(table, accountKey(accountId), {
          set: ["#paymentProfile = :next"],
          condition: [
            "attribute_exists(#accountId)",
            isFirst ? "attribute_not_exists(#paymentProfile)" : "#paymentProfile = :seen",
          ],
          values: { ":next": text(written(profile)), ":seen": text(revision) },
        });
        return true;
      } catch (error) {
        if (error instanceof StoreError && error.failure === "condition_failed") return false;
        throw error;
      }
    },
  };
}

function written(profile: PaymentProfile): string {
  return JSON.stringify(profile, (_name, value: unknown) =>
    typeof value === "bigint" ? String(value) : value,
  );
}
