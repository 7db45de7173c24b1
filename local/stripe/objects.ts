/**
 * Stripe's objects as Stripe sends them, whole: the `stripe` package's types are made from Stripe's OpenAPI description,
 * so a field that is missing here does not compile.
 */
import type { Stripe } from "stripe";

const USD = "usd";

export interface Made {
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
}

export function customer(
  { id, created }: Made,
  email: string | null,
  metadata: Stripe.Metadata,
): Stripe.Customer {
  return {
    id,
    object: "customer",
    address: null,
    balance: 0,
    created,
    currency: null,
    default_source: null,
    delinquent: false,
    description: null,
    discount: null,
    email,
    invoice_prefix: id.slice(-8).toUpperCase(),
    invoice_settings: {
      custom_fields: null,
      default_payment_method: null,
      footer: null,
      rendering_options: null,
    },
    livemode: false,
    metadata,
    name: null,
    next_invoice_sequence: 1,
    phone: null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: "none",
    test_clock: null,
  };
}

const NOBODY = { address: null, email: null, name: null, phone: null, tax_id: null };

/** Stripe's test card 4242 4242 4242 4242, or the one that can be attached and is declined afterwards. */
export function cardMethod(
  { id, created }: Made,
  customerId: string | null,
  last4: string,
): Stripe.PaymentMethod {
  return {
    id,
    object: "payment_method",
    allow_redisplay: "limited",
    billing_details: NOBODY,
    card: {
      brand: "visa",
      checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: "pass" },
      country: "US",
      display_brand: "visa",
      exp_month: 12,
      exp_year: 2034,
      fingerprint: "mToisGZ01V71BCos",
      funding: "credit",
      generated_from: null,
      last4,
      networks: { available: ["visa"], preferred: null },
      regulated_status: null,
      three_d_secure_usage: { supported: true },
      wallet: null,
    },
    created,
    customer: customerId,
    customer_account: null,
    livemode: false,
    metadata: {},
    type: "card",
  };
}

export interface IntentFacts {
  readonly amount: number;
  readonly customer: string | null;
  readonly metadata: Stripe.Metadata;
  readonly description: string | null;
  readonly setupFutureUsage: "off_session" | null;
}

export function paymentIntent({ id, created }: Made, facts: IntentFacts): Stripe.PaymentIntent {
  return {
    id,
    object: "payment_intent",
    allowed_payment_method_types: null,
    amount: facts.amount,
    amount_capturable: 0,
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: null,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: "automatic_async",
    client_secret: `${id}_secret_${id.slice(3, 12)}`,
    confirmation_method: "automatic",
    created,
    currency: USD,
    customer: facts.customer,
    customer_account: null,
    description: facts.description,
    excluded_payment_method_types: null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    managed_payments: null,
    metadata: facts.metadata,
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: {
      card: { installments: null, mandate_options: null, network: null, request_three_d_secure: "automatic" },
    },
    payment_method_types: ["card"],
    payment_record: null,
    processing: null,
    receipt_email: null,
    review: null,
    setup_future_usage: facts.setupFutureUsage,
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: "requires_payment_method",
    transfer_data: null,
    transfer_group: null,
  };
}

export function charge(
  { id, created }: Made,
  intent: Stripe.PaymentIntent,
  receiptUrl: string,
): Stripe.Charge {
  return {
    id,
    object: "charge",
    amount: intent.amount,
    amount_captured: intent.amount,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: null,
    billing_details: NOBODY,
    calculated_statement_descriptor: "WLROUTER TEST",
    captured: true,
    created,
    currency: intent.currency,
    customer: intent.customer,
    description: intent.description,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: null,
    failure_message: null,
    fraud_details: {},
    livemode: false,
    metadata: intent.metadata,
    on_behalf_of: null,
    outcome: null,
    paid: true,
    payment_intent: intent.id,
    payment_method: typeof intent.payment_method === "string" ? intent.payment_method : null,
    payment_method_details: null,
    receipt_email: null,
    receipt_number: null,
    receipt_url: receiptUrl,
    refunded: false,
    review: null,
    shipping: null,
    source: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: "succeeded",
    transfer_data: null,
    transfer_group: null,
  };
}

export function refund(
  { id, created }: Made,
  of: Stripe.Charge,
  amount: number,
  metadata: Stripe.Metadata,
): Stripe.Refund {
  return {
    id,
    object: "refund",
    amount,
    balance_transaction: null,
    charge: of.id,
    created,
    currency: of.currency,
    customer: of.customer,
    customer_account: null,
    metadata,
    payment_intent: of.payment_intent,
    payment_method: of.payment_method,
    reason: null,
    receipt_number: null,
    source_transfer_reversal: null,
    status: "succeeded",
    transfer_reversal: null,
  };
}

/** Money that left (negative) or came back. */
export function balanceTransaction(
  { id, created }: Made,
  amount: number,
  source: string,
): Stripe.BalanceTransaction {
  return {
    id,
    object: "balance_transaction",
    amount,
    available_on: created,
    balance_type: "payments",
    created,
    currency: USD,
    description: null,
    exchange_rate: null,
    fee: 0,
    fee_details: [],
    net: amount,
    reporting_category: amount < 0 ? "dispute" : "dispute_reversal",
    source,
    status: "pending",
    type: "adjustment",
  };
}

export function event(
  { id, created }: Made,
  type: string,
  object: object,
  apiVersion: string,
): Omit<Stripe.EventBase, "type"> & { type: string } {
  return {
    id,
    object: "event",
    api_version: apiVersion,
    created,
    data: { object: structuredClone(object) },
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type,
  };
}
