import type { Stripe } from "stripe";
import { PaymentError, type PaymentMode } from "../../core/payments.ts";
import type { ProviderKey } from "../../core/ports.ts";

export interface StripeSettings {
  readonly secretKey: ProviderKey;
  readonly webhookSecret: ProviderKey;
  /** Absent: Stripe's own. */
  readonly apiBaseUrl?: string | undefined;
}

/** Stripe with the key as it is now: a freshly filled or rolled secret works without a restart. */
export interface Connection {
  mode(): Promise<PaymentMode>;
  /** @throws PaymentError */
  call<T>(ask: (stripe: Stripe) => Promise<T>): Promise<T>;
  /** @throws PaymentError `payments_off` */
  stripe(): Promise<Stripe>;
}

/** Behind API Gateway a person waits half a minute at most, and a lost answer is asked for again by itself. */
const TIMEOUT_MS = 10_000;
const RETRIES = 2;

export function createConnection({ secretKey, apiBaseUrl }: StripeSettings): Connection {
  let made: { readonly key: string; readonly stripe: Stripe } | undefined;

  async function withKey(key: string): Promise<Stripe> {
    if (made?.key === key) return made.stripe;
    // Loaded when it is needed: half a megabyte that a start without payments does not wait for.
    const { default: StripeClient } = await import("stripe");
    const stripe = new StripeClient(key, {
      timeout: TIMEOUT_MS,
      maxNetworkRetries: RETRIES,
      telemetry: false,
      ...addressOf(apiBaseUrl),
    });
    made = { key, stripe };
    return stripe;
  }

  async function stripe(): Promise<Stripe> {
    const key = await read(() => secretKey.get());
    if (!modeOf(key)) throw new PaymentError("payments_off", "Payments are not set up here.");
    return withKey(key);
  }

  return {
    mode: async () => modeOf(await read(() => secretKey.get())) ?? "off",
    stripe,
    async call(ask) {
      try {
        return await ask(await stripe());
      } catch (error) {
        if (!isRefusedKey(error)) throw asPaymentError(error);
      }
      // The key may have been rolled: once more with what the secret holds now.
      const key = await read(() => secretKey.refresh());
      return ask(await withKey(key)).catch((error: unknown) => Promise.reject(asPaymentError(error)));
    },
  };
}

/** Of a secret key (`sk_live_…`) or a restricted one (`rk_test_…`); undefined for what is no key of Stripe's. */
function modeOf(key: string): Exclude<PaymentMode, "off"> | undefined {
  const mode = /^[rs]k_(live|test)_\w+$/.exec(key)?.[1];
  return mode === "live" || mode === "test" ? mode : undefined;
}

async function read(secret: () => Promise<string | undefined>): Promise<string> {
  try {
    return (await secret()) ?? "";
  } catch (cause) {
    throw new PaymentError("payments_unavailable", "Payments cannot be reached just now. Try again later.", {
      cause,
    });
  }
}

function addressOf(apiBaseUrl: string | undefined) {
  if (apiBaseUrl === undefined) return {};
  const { hostname, port, protocol } = new URL(apiBaseUrl);
  const isPlain = protocol === "http:";
  return {
    host: hostname,
    port: port || (isPlain ? 80 : 443),
    protocol: isPlain ? ("http" as const) : ("https" as const),
  };
}

// --- errors ---------------------------------------------------------------------------------------------------

/** Stripe's errors by the `type` that each carries, so that nothing here needs its classes loaded. */
export function stripeErrorType(error: unknown): string | undefined {
  const type = error instanceof Error && "type" in error ? error.type : undefined;
  return typeof type === "string" && type.startsWith("Stripe") ? type : undefined;
}

function isRefusedKey(error: unknown): boolean {
  return stripeErrorType(error) === "StripeAuthenticationError";
}

/** Anything that is not Stripe's is a bug, and stays one. Its messages are not shown: they may name the operator's account. */
function asPaymentError(cause: unknown): unknown {
  switch (stripeErrorType(cause)) {
    case undefined:
      return cause;
    case "StripeCardError":
      return new PaymentError("payment_refused", "The payment was declined. Try another payment method.", {
        cause,
      });
    case "StripeIdempotencyError":
      return new PaymentError("payment_conflict", "This was asked for before, with other details.", {
        cause,
      });
    case "StripeInvalidRequestError":
      return new PaymentError("payment_refused", "The payment provider refused this request.", { cause });
    default:
      return new PaymentError(
        "payments_unavailable",
        "Payments cannot be reached just now. Try again later.",
        {
          cause,
        },
      );
  }
}
