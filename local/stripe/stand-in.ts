import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { createAdaptorServer } from "@hono/node-server";
import { Hono } from "hono";
import { addStripeApi } from "./api.ts";
import { Books, type BooksState, DECLINED_LATER_CARD, GOOD_CARD, type StandInEvent } from "./books.ts";
import { closedPage, payPage, receiptPage } from "./page.ts";

export interface StandInOptions {
  readonly state: BooksState;
  readonly secretKey: string;
  readonly nowMs: () => number;
  /** After each change. */
  save(state: BooksState): void;
  /** Brings an event to the webhook. Whoever pays waits for it, as at Stripe. */
  deliver(event: StandInEvent): Promise<void>;
}

export interface StripeStandIn {
  readonly baseUrl: string;
  readonly books: Books;
  close(): Promise<void>;
}

/** Of the events that the stand-in's objects and signatures are made like. */
const API_VERSION = "2026-10-28.endive";
/** Stripe waits so long for the webhook before it sends a payer back. */
const WAITS_MS = 10_000;

/** Stripe on one machine: its API as far as top-ups need it, its page to pay on, and its events. */
export async function startStripeStandIn(options: StandInOptions): Promise<StripeStandIn> {
  const waiting = new Set<Promise<void>>();
  const address = { baseUrl: "" };
  const books = new Books({
    state: options.state,
    nowMs: options.nowMs,
    newName: () => randomBytes(12).toString("hex"),
    baseUrl: () => address.baseUrl,
    apiVersion: API_VERSION,
    onEvent(event) {
      const delivery = options.deliver(event).finally(() => waiting.delete(delivery));
      waiting.add(delivery);
    },
  });
  const delivered = async () => {
    options.save(books.state);
    await Promise.race([Promise.all(waiting), pause(WAITS_MS, undefined, { ref: false })]);
  };
  const app = new Hono();
  addStripeApi(app, { books, secretKey: options.secretKey, onChange: () => options.save(books.state) });
  addPages(app, books, delivered);
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  address.baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    baseUrl: address.baseUrl,
    books,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function addPages(app: Hono, books: Books, delivered: () => Promise<void>): void {
  app.get("/pay/:id", (c) => {
    const known = books.state.sessions[c.req.param("id")];
    if (!known) return c.text("There is no such test payment.", 404);
    return c.html(known.session.status === "open" ? payPage(known, undefined) : closedPage(known));
  });
  app.post("/pay/:id", async (c) => {
    const known = books.state.sessions[c.req.param("id")];
    if (!known) return c.text("There is no such test payment.", 404);
    const { action } = await c.req.parseBody();
    const { session } = known;
    if (action === "cancel") return c.redirect(session.cancel_url ?? "/", 303);
    if (action === "decline") {
      return c.html(payPage(known, "The card was declined. Nothing was charged."), 402);
    }
    if (session.status === "open") {
      books.pay(session.id, "card", action === "pay-once" ? DECLINED_LATER_CARD : GOOD_CARD);
      await delivered();
    }
    return c.redirect(session.success_url ?? "/", 303);
  });
  app.get("/receipts/:id", (c) => {
    const paymentId = c.req.param("id");
    const intent = books.state.intents[paymentId];
    if (!intent) return c.text("There is no such test payment.", 404);
    const sessions = Object.values(books.state.sessions);
    const lines = sessions.find(({ session }) => session.payment_intent === paymentId)?.lines;
    return c.html(receiptPage(lines ?? [{ name: "Automatic top-up", amount: intent.amount }], paymentId));
  });
}
