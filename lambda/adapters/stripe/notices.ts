import type { Stripe } from "stripe";
import { NoticeRefused, type PaymentNotice } from "../../core/payments-processor.ts";
import type { ProviderKey } from "../../core/ports.ts";
import { type Connection, stripeErrorType } from "./connection.ts";
import { noticeOf } from "./translate.ts";

/**
 * Believes a webhook if it is signed with our secret, not older than five minutes, and of our key's mode.
 * @param body byte for byte as it came: the signature is over bytes.
 * @throws NoticeRefused
 */
export async function readNotice(
  connection: Connection,
  webhookSecret: ProviderKey,
  body: Uint8Array,
  signature: string | undefined,
): Promise<PaymentNotice> {
  const mode = await connection.mode();
  if (mode === "off") throw new NoticeRefused("payments_off", "Payments are not set up here.");
  const event = await verified(await connection.stripe(), webhookSecret, body, signature);
  const isLive = event.livemode === true;
  if (isLive !== (mode === "live")) {
    throw new NoticeRefused(
      "other_mode",
      `This event is of ${isLive ? "live" : "test"} mode, and this gateway's key is of ${mode} mode.`,
    );
  }
  if (typeof event.data?.object !== "object" || event.data.object === null) {
    throw new NoticeRefused("unreadable", "This is no event of Stripe's.");
  }
  return noticeOf(event);
}

async function verified(
  stripe: Stripe,
  webhookSecret: ProviderKey,
  body: Uint8Array,
  signature: string | undefined,
): Promise<Stripe.Event> {
  const check = async (secret: string | undefined) => {
    if (!secret) throw new NoticeRefused("payments_off", "The webhook's secret is not set up here.");
    return stripe.webhooks.constructEventAsync(Buffer.from(body), signature ?? "", secret);
  };
  const known = await webhookSecret.get();
  try {
    return await check(known);
  } catch (error) {
    if (error instanceof SyntaxError) throw new NoticeRefused("unreadable", "The body is not JSON.");
    if (error instanceof NoticeRefused) throw error;
    if (stripeErrorType(error) !== "StripeSignatureVerificationError") throw error;
  }
  // The secret may have been rolled: once more, if it holds another now.
  const fresh = await webhookSecret.refresh();
  if (fresh === known) throw badSignature();
  return check(fresh).catch(() => Promise.reject(badSignature()));
}

function badSignature(): NoticeRefused {
  return new NoticeRefused("bad_signature", "The signature is not of this endpoint's secret, or too old.");
}
