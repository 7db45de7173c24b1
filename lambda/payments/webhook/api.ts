import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { type NoticeRefusal, NoticeRefused, type PaymentProcessor } from "../../core/payments-processor.ts";
import { type PaymentAlarm, type SettlingWorld, settlePayment } from "../settle-payment.ts";

export interface WebhookWorld extends SettlingWorld {
  readonly processor: Pick<PaymentProcessor, "readNotice" | "payment">;
  readonly log: (line: WebhookLine) => void;
}

/** One line a webhook: ids, never what is in it. */
export interface WebhookLine {
  readonly event: "payment_webhook";
  readonly at: string;
  readonly outcome: string;
  readonly noticeId?: string | undefined;
  readonly type?: string | undefined;
  readonly paymentId?: string | undefined;
  readonly posted?: readonly string[] | undefined;
  /** An operator must look at it. */
  readonly alarm?: PaymentAlarm | NoticeRefusal | undefined;
}

/** Whoever serves the webhook routes this path to it, whatever base path is in front of it. */
export const WEBHOOK_PATH = "/webhooks/stripe";

/** Stripe's largest events are a few hundred kilobytes. */
const MAX_BODY_BYTES = 1024 * 1024;

/**
 * 4xx: this event will never be taken as it is. 503: it will, once payments are set up, and Stripe tries again for three
 * days. An event of another mode is one that Stripe should not have been told to send here.
 */
const STATUSES = {
  bad_signature: 400,
  unreadable: 400,
  other_mode: 400,
  payments_off: 503,
} as const satisfies Record<NoticeRefusal, number>;

/**
 * Stripe's webhook. What the event says is not used: the payment it is of is looked up, and the ledger brought to where
 * that is now. So events may come twice, late, and in any order.
 */
export function createWebhook(world: WebhookWorld): Hono {
  const app = new Hono();
  const at = () => new Date(world.nowMs()).toISOString();
  app.use(bodyLimit({ maxSize: MAX_BODY_BYTES }));
  app.post("*", async (c) => {
    const body = new Uint8Array(await c.req.arrayBuffer());
    const notice = await world.processor.readNotice(body, c.req.header("stripe-signature"));
    const { noticeId, type, paymentId } = notice;
    const payment = paymentId === undefined ? undefined : await world.processor.payment(paymentId);
    // The operator's Stripe account may sell other things too.
    const settled = payment ? await settlePayment(world, payment) : { outcome: "not_ours", posted: [] };
    world.log({ event: "payment_webhook", at: at(), noticeId, type, paymentId, ...settled });
    const problem = "alarm" in settled ? settled.alarm : undefined;
    return c.json({ received: true, outcome: problem ?? settled.outcome, posted: settled.posted });
  });
  app.all("*", (c) => {
    c.res.headers.set("allow", "POST");
    return refusal("method_not_allowed", "Stripe sends its events here with POST.", 405);
  });
  app.onError((error) => {
    const isRefused = error instanceof NoticeRefused;
    const outcome = isRefused ? error.refusal : "failed";
    world.log({
      event: "payment_webhook",
      at: at(),
      outcome: isRefused ? outcome : `failed: ${error.name}`,
      alarm: isRefused && error.refusal === "other_mode" ? error.refusal : undefined,
    });
    return isRefused
      ? refusal(outcome, error.message, STATUSES[error.refusal])
      : refusal("failed", "This event could not be handled. It is welcome again.", 500);
  });
  return app;
}

/** To an event of API Gateway's that no request can be made of: a header, say, that HTTP forbids. */
export function noRequest(): Response {
  return refusal("unreadable", "This is not an HTTP request that can be understood.", 400);
}

function refusal(code: string, message: string, status: number): Response {
  return Response.json({ error: { code, message } }, { status });
}
