import { type Books, emptyState, type StandInEvent } from "../../local/stripe/books.ts";
import { signatureOf } from "../../local/stripe/delivery.ts";
import { startStripeStandIn } from "../../local/stripe/stand-in.ts";

export const STRIPE_KEY = "sk_test_0123456789abcdef";
export const WEBHOOK_SECRET = "whsec_0123456789abcdef";

/** Stripe over real HTTP, its events held back for a test to deliver: in any order, any number of times. */
export interface StripeServer {
  readonly baseUrl: string;
  readonly books: Books;
  /** Told and not yet taken. */
  takeEvents(): StandInEvent[];
  close(): Promise<void>;
}

export async function startStripeServer(nowMs: () => number): Promise<StripeServer> {
  const events: StandInEvent[] = [];
  const standIn = await startStripeStandIn({
    state: emptyState(),
    secretKey: STRIPE_KEY,
    nowMs,
    save: () => {},
    deliver: async (event) => void events.push(event),
  });
  return { ...standIn, takeEvents: () => events.splice(0) };
}

export interface Delivery {
  readonly secret?: string;
  /** Changes the body after it was signed. */
  readonly tamper?: (payload: string) => string;
  /** Age of the signature. */
  readonly ageMs?: number;
  readonly signature?: string | null;
}

/** The request that Stripe would send. */
export function webhookRequest(event: object, delivery: Delivery = {}): Request {
  const { secret = WEBHOOK_SECRET, tamper = (payload) => payload, ageMs = 0 } = delivery;
  const payload = JSON.stringify(event);
  const signature =
    delivery.signature === undefined ? signatureOf(payload, secret, Date.now() - ageMs) : delivery.signature;
  return new Request("http://127.0.0.1/webhooks/stripe", {
    method: "POST",
    headers: {
      "content-type": "application/json; charset=utf-8",
      ...(signature === null ? {} : { "stripe-signature": signature }),
    },
    body: tamper(payload),
  });
}
