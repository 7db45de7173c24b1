import Stripe from "stripe";
import type { StandInEvent } from "./books.ts";

export interface DeliveryOptions {
  readonly webhookUrl: string;
  readonly webhookSecret: string;
  readonly nowMs: () => number;
}

/** A webhook as Stripe sends it: the event in JSON, signed with the endpoint's secret. @returns the status of the answer. */
export async function deliver(event: StandInEvent, options: DeliveryOptions): Promise<number> {
  const payload = JSON.stringify(event, null, 2);
  const response = await fetch(options.webhookUrl, {
    method: "POST",
    headers: {
      "content-type": "application/json; charset=utf-8",
      "user-agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
      "stripe-signature": signatureOf(payload, options.webhookSecret, options.nowMs()),
    },
    body: payload,
  });
  await response.arrayBuffer();
  return response.status;
}

/** The value of `stripe-signature`, made by Stripe's own library. */
export function signatureOf(payload: string, secret: string, nowMs: number): string {
  return Stripe.webhooks.generateTestHeaderString({
    payload,
    secret,
    timestamp: Math.floor(nowMs / 1000),
  });
}
