import type { Entry } from "./charge.ts";
import { formatUsd, type PicoUsd, parseUsd } from "./money.ts";
import {
  type AutoTopUp,
  type CheckoutRequest,
  PaymentError,
  type Payments,
  type Receipt,
  type RefundRequest,
} from "./payments.ts";
import {
  creditPart,
  picoOfCents,
  priceTopUp,
  quoteOf,
  refundFor,
  totalCents,
  wholeCents,
} from "./payments-amount.ts";
import type { AutoTopUpTerms } from "./payments-auto-top-up.ts";
import { AUTOMATIC_REASON, paymentOf, REFUND_PREFIX, TOP_UP_PREFIX } from "./payments-entries.ts";
import type { Payment, PaymentProcessor } from "./payments-processor.ts";
import { changeProfile, type PaymentProfile, type PaymentProfiles } from "./payments-profile.ts";
import type { NamedEntries } from "./ports.ts";

export interface PaymentsWorld {
  readonly processor: PaymentProcessor;
  readonly profiles: PaymentProfiles;
  readonly entries: NamedEntries;
  readonly terms: AutoTopUpTerms;
  /** Forgets that a low balance was told of, so that it is told of again. */
  readonly retell: (accountId: string) => Promise<void>;
  readonly nowMs: () => number;
}

/** What the console asks for of payments. Balances move elsewhere: when the processor says that money has. */
export function createPayments(world: PaymentsWorld): Payments {
  const { processor, terms } = world;
  return {
    async terms() {
      return {
        mode: await processor.mode(),
        minimumPicoUsd: parseUsd(terms.minimumTopUpUsd),
        maximumPicoUsd: parseUsd(terms.maximumTopUpUsd),
        serviceFeePercent: terms.serviceFeePercent,
      };
    },
    quote: async (creditPicoUsd) => quoteOf(priceTopUp(creditPicoUsd, terms)),
    startCheckout: (request) => startCheckout(world, request),
    receipts: (accountId) => receipts(world, accountId),
    autoTopUp: async (accountId) => autoTopUpOf((await profileOf(world, accountId)) ?? {}, terms),
    setAutoTopUp: (accountId, settings) => setAutoTopUp(world, accountId, settings),
    forgetPaymentMethod: (accountId) => forgetPaymentMethod(world, accountId),
    refund: (request) => refund(world, request),
  };
}

async function profileOf(
  { profiles }: PaymentsWorld,
  accountId: string,
): Promise<PaymentProfile | undefined> {
  return (await profiles.read(accountId))?.profile;
}

/** @throws PaymentError `payments_off` */
async function mustBeOn({ processor }: PaymentsWorld): Promise<void> {
  if ((await processor.mode()) === "off") {
    throw new PaymentError("payments_off", "Top-ups are off here: the operator credits by hand.");
  }
}

// --- paying ---------------------------------------------------------------------------------------------------

async function startCheckout(world: PaymentsWorld, request: CheckoutRequest): Promise<{ url: string }> {
  const { accountId, checkoutId, savePaymentMethod, successUrl, cancelUrl } = request;
  await mustBeOn(world);
  const price = priceTopUp(request.creditPicoUsd, world.terms);
  const customerId = await customerOf(world, accountId, request.email);
  return world.processor.createCheckout({
    orderId: `${accountId}_${checkoutId}`,
    accountId,
    customerId,
    price,
    saveMethod: savePaymentMethod,
    successUrl,
    cancelUrl,
  });
}

/** Each account has one customer there, so that its saved method and its receipts are found again. */
async function customerOf(
  world: PaymentsWorld,
  accountId: string,
  email: string | undefined,
): Promise<string> {
  const known = (await profileOf(world, accountId))?.customerId;
  if (known !== undefined) return known;
  const customerId = await world.processor.createCustomer(accountId, email);
  const profile = await changeProfile(world.profiles, accountId, (current) =>
    current.customerId === undefined ? { ...current, customerId } : current,
  );
  return profile?.customerId ?? customerId;
}

// --- receipts -------------------------------------------------------------------------------------------------

async function receipts(world: PaymentsWorld, accountId: string): Promise<readonly Receipt[]> {
  const topUps = await Array.fromAsync(world.entries.entriesNamed(accountId, TOP_UP_PREFIX));
  if (topUps.length === 0) return [];
  const refunded = new Map<string, PicoUsd>();
  for await (const entry of world.entries.entriesNamed(accountId, REFUND_PREFIX)) {
    const paymentId = paymentOf(entry.entryId);
    if (paymentId) refunded.set(paymentId, (refunded.get(paymentId) ?? 0n) + paidBack(entry));
  }
  const urls = await receiptUrls(world, accountId);
  return topUps
    .flatMap((entry) => {
      const paymentId = paymentOf(entry.entryId);
      return paymentId ? [receipt(paymentId, entry, refunded.get(paymentId) ?? 0n, urls.get(paymentId))] : [];
    })
    .sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
}

/** Of a refund that failed, the entry that gave it back takes it off again. */
function paidBack({ amountPicoUsd, writeOffPicoUsd, feePicoUsd = 0n }: Entry): PicoUsd {
  return writeOffPicoUsd - amountPicoUsd - feePicoUsd;
}

function receipt(
  paymentId: string,
  entry: Entry,
  refundedPicoUsd: PicoUsd,
  url: string | undefined,
): Receipt {
  const { entryId, createdAt, amountPicoUsd, feePicoUsd = 0n, reason } = entry;
  return {
    paymentId,
    entryId,
    createdAt,
    creditPicoUsd: amountPicoUsd,
    feePicoUsd,
    totalPicoUsd: amountPicoUsd + feePicoUsd,
    refundedPicoUsd,
    automatic: reason === AUTOMATIC_REASON,
    url,
  };
}

/** The list is ours; links to the processor's own receipts are an extra that may be missing. */
async function receiptUrls(world: PaymentsWorld, accountId: string): Promise<ReadonlyMap<string, string>> {
  try {
    const customerId = (await profileOf(world, accountId))?.customerId;
    return customerId === undefined ? new Map() : await world.processor.receiptUrls(customerId);
  } catch (error) {
    if (error instanceof PaymentError) return new Map();
    throw error;
  }
}

// --- automatic top-ups ----------------------------------------------------------------------------------------

function autoTopUpOf({ auto, method }: PaymentProfile, terms: AutoTopUpTerms): AutoTopUp {
  return {
    enabled: auto?.enabled ?? false,
    creditPicoUsd: auto ? picoOfCents(auto.creditCents) : parseUsd(terms.minimumTopUpUsd),
    maximumPerDay: Math.min(auto?.maximumPerDay ?? 1, terms.autoTopUpsPerDay),
    paymentMethod: method && { brand: method.brand, last4: method.last4 },
    stoppedBecause: auto?.stoppedBecause,
  };
}

type AutoTopUpSettings = Pick<AutoTopUp, "enabled" | "creditPicoUsd" | "maximumPerDay">;

async function setAutoTopUp(
  world: PaymentsWorld,
  accountId: string,
  { enabled, creditPicoUsd, maximumPerDay }: AutoTopUpSettings,
): Promise<AutoTopUp> {
  if (enabled) await mustBeOn(world);
  const { creditCents } = priceTopUp(creditPicoUsd, world.terms);
  const profile = await changeProfile(world.profiles, accountId, (current) => {
    if (enabled && !current.method) {
      throw new PaymentError(
        "no_payment_method",
        "There is no saved payment method: top up once and let it be saved.",
      );
    }
    // Without the reason why it stopped: whoever enables it again has seen it.
    return { ...current, auto: { enabled, creditCents, maximumPerDay } };
  });
  if (enabled) await world.retell(accountId);
  return autoTopUpOf(profile ?? {}, world.terms);
}

async function forgetPaymentMethod(world: PaymentsWorld, accountId: string): Promise<void> {
  const before = await profileOf(world, accountId);
  // There first: what is forgotten here could not be forgotten there any more.
  if (before?.method && before.customerId !== undefined) {
    await world.processor.forgetMethod({ ...before.method, customerId: before.customerId });
  }
  await changeProfile(world.profiles, accountId, (current) =>
    current.method
      ? {
          ...current,
          method: undefined,
          methodAtMs: world.nowMs(),
          auto: current.auto && { ...current.auto, enabled: false },
        }
      : current,
  );
}

// --- refunds --------------------------------------------------------------------------------------------------

async function refund(world: PaymentsWorld, request: RefundRequest): Promise<void> {
  await mustBeOn(world);
  const { accountId, paymentId, creditPicoUsd } = request;
  const requestId = `${accountId}_${request.refundId}`;
  const payment = await world.processor.payment(paymentId);
  if (!payment || payment.accountId !== accountId || payment.state !== "paid") {
    throw new PaymentError("payment_not_found", "This account has no such payment that was paid.");
  }
  const made = payment.refunds.find((known) => known.requestId === requestId);
  if (!made) return world.processor.refund(paymentId, refundAmount(payment, creditPicoUsd), requestId);
  const isSame =
    creditPicoUsd === undefined || refundFor(payment.price, wholeCents(creditPicoUsd)) === made.amountCents;
  if (!isSame) throw new PaymentError("payment_conflict", "This refund was made before, of another amount.");
}

/** @throws PaymentError `invalid_amount` where less is left. */
function refundAmount(payment: Payment, creditPicoUsd: PicoUsd | undefined): bigint {
  const { price, refunds, disputes } = payment;
  const returnedCents = [
    ...refunds.map(({ failed, amountCents }) => (failed ? 0n : amountCents)),
    ...disputes.map(({ amountCents, reinstatedCents }) => amountCents - reinstatedCents),
  ].reduce((sum, cents) => sum + cents, 0n);
  const leftCents = totalCents(price) - returnedCents;
  const wantedCents = creditPicoUsd === undefined ? leftCents : refundFor(price, wholeCents(creditPicoUsd));
  if (wantedCents > 0n && wantedCents <= leftCents) return wantedCents;
  const left = picoOfCents(creditPart(price, leftCents));
  throw new PaymentError(
    "invalid_amount",
    `Of this payment's credit ${formatUsd(left)} USD can be paid back.`,
  );
}
