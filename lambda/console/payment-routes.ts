import { Hono } from "hono";
import { formatUsd } from "../core/money.ts";
import type { AutoTopUp, Payments, PaymentTerms, Receipt, TopUpQuote } from "../core/payments.ts";
import { accountOf } from "./balance.ts";
import type { Console } from "./console.ts";
import { ConsoleError } from "./errors.ts";
import { ownerOnly } from "./guards.ts";
import { AutoTopUpInput, CheckoutInput, QuoteQuery } from "./inputs.ts";
import type { ConsoleEnvironment } from "./session.ts";
import { valid } from "./valid.ts";
import type { AutoTopUpView, CheckoutView, PaymentTermsView, QuoteView, ReceiptView } from "./views.ts";

/** Money in, by way of the payments port; this only says whose it is and how it looks. */
export function paymentRoutes(console: Console) {
  const { payments, settings } = console;
  return new Hono<ConsoleEnvironment>()
    .get("/payments/terms", async (c) => c.json(termsView(await payments.terms())))
    .get("/payments/quote", valid("query", QuoteQuery), async (c) =>
      c.json(quoteView(await payments.quote(c.req.valid("query").amount))),
    )
    .post("/payments/checkout", ownerOnly, valid("json", CheckoutInput), async (c) => {
      const { amount, save_payment_method, checkout_id } = c.req.valid("json");
      const { accountId, email } = c.var.session;
      const { status } = await accountOf(console, accountId);
      if (status === "suspended") {
        throw new ConsoleError("forbidden", "This account is suspended. Ask the operator before you pay.");
      }
      const { url } = await payments.startCheckout({
        accountId,
        email,
        creditPicoUsd: amount,
        savePaymentMethod: save_payment_method,
        checkoutId: checkout_id,
        successUrl: `${settings.pageUrl}?top_up=done#/balance`,
        cancelUrl: `${settings.pageUrl}?top_up=cancelled#/balance`,
      });
      return c.json<CheckoutView>({ url });
    })
    .get("/payments/receipts", async (c) =>
      c.json({ receipts: await receiptsOf(payments, c.var.session.accountId) }),
    )
    .get("/payments/auto-top-up", async (c) =>
      c.json(autoTopUpView(await payments.autoTopUp(c.var.session.accountId))),
    )
    .put("/payments/auto-top-up", ownerOnly, valid("json", AutoTopUpInput), async (c) => {
      const { enabled, amount, maximum_per_day } = c.req.valid("json");
      const settings = { enabled, creditPicoUsd: amount, maximumPerDay: maximum_per_day };
      return c.json(autoTopUpView(await payments.setAutoTopUp(c.var.session.accountId, settings)));
    })
    .delete("/payments/method", ownerOnly, async (c) => {
      const { accountId } = c.var.session;
      await payments.forgetPaymentMethod(accountId);
      return c.json(autoTopUpView(await payments.autoTopUp(accountId)));
    });
}

function termsView(terms: PaymentTerms): PaymentTermsView {
  return {
    mode: terms.mode,
    minimum: formatUsd(terms.minimumPicoUsd),
    maximum: formatUsd(terms.maximumPicoUsd),
    fee_percent: terms.serviceFeePercent,
  };
}

function quoteView(quote: TopUpQuote): QuoteView {
  return {
    credit: formatUsd(quote.creditPicoUsd),
    fee: formatUsd(quote.feePicoUsd),
    total: formatUsd(quote.totalPicoUsd),
  };
}

/** Newest first. */
export async function receiptsOf(payments: Payments, accountId: string): Promise<ReceiptView[]> {
  return (await payments.receipts(accountId)).map(receiptView);
}

function receiptView(receipt: Receipt): ReceiptView {
  return {
    ...quoteView(receipt),
    payment_id: receipt.paymentId,
    entry_id: receipt.entryId,
    created_at: receipt.createdAt,
    refunded: formatUsd(receipt.refundedPicoUsd),
    automatic: receipt.automatic,
    url: receipt.url ?? null,
  };
}

function autoTopUpView(settings: AutoTopUp): AutoTopUpView {
  return {
    enabled: settings.enabled,
    amount: formatUsd(settings.creditPicoUsd),
    maximum_per_day: settings.maximumPerDay,
    payment_method: settings.paymentMethod ?? null,
    stopped_because: settings.stoppedBecause ?? null,
  };
}
