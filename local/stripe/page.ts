import { html } from "hono/html";
import { formatUsd } from "../../lambda/core/money.ts";
import { picoOfCents } from "../../lambda/core/payments-amount.ts";
import type { BooksState, Line } from "./books.ts";

function usd(cents: number): string {
  return `${formatUsd(picoOfCents(BigInt(cents)))} USD`;
}

function frame(title: string, body: unknown) {
  return html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>${title}</title>
    <style>
      :root { color-scheme: light dark; font-family: system-ui, sans-serif; line-height: 1.5 }
      body { margin: 0 }
      .test { background: #fde047; color: #1c1917; padding: 0.75rem 1rem; text-align: center; font-weight: 600 }
      main { max-width: 26rem; margin: 2rem auto; padding: 0 1rem }
      table { width: 100%; border-collapse: collapse; margin: 1rem 0 }
      th, td { padding: 0.5rem 0; border-bottom: 1px solid #8886; text-align: left; font-weight: 400 }
      td { text-align: right; font-variant-numeric: tabular-nums }
      tfoot th, tfoot td { font-weight: 600 }
      button { font: inherit; width: 100%; padding: 0.75rem; margin-top: 0.75rem; border: 1px solid #8888; border-radius: 0.5rem; background: none; color: inherit; cursor: pointer }
      button.pay { background: #1d4ed8; border-color: #1d4ed8; color: #fff; font-weight: 600 }
    </style>
  </head>
  <body>
    <div class="test" role="note">TEST PAYMENT PAGE: no real money moves. It stands in for Stripe on this machine.</div>
    <main>${body}</main>
  </body>
</html>`;
}

function table(lines: readonly Line[]) {
  const total = lines.reduce((sum, { amount }) => sum + amount, 0);
  return html`<table>
        <tbody>
          ${lines.map(({ name, amount }) => html`<tr><th scope="row">${name}</th><td>${usd(amount)}</td></tr>`)}
        </tbody>
        <tfoot><tr><th scope="row">Total</th><td>${usd(total)}</td></tr></tfoot>
      </table>`;
}

type KnownSession = BooksState["sessions"][string];

/** Where a payer chooses what happens. */
export function payPage({ session, lines, intent }: KnownSession, note: string | undefined) {
  const button = (action: string, text: string, kind = "") =>
    html`<button class="${kind}" name="action" value="${action}">${text}</button>`;
  return frame(
    "Test payment",
    html`<h1>Test payment</h1>
      ${note ? html`<p role="alert">${note}</p>` : ""}
      ${table(lines)}
      ${intent.setupFutureUsage ? html`<p>This payment method will be saved for automatic top-ups.</p>` : ""}
      <form method="post" action="/pay/${session.id}">
        ${button("pay", "Pay with the test card 4242", "pay")}
        ${intent.setupFutureUsage ? button("pay-once", "Pay with a test card that declines later payments") : ""}
        ${button("decline", "Try a test card that is declined")}
        ${button("cancel", "Cancel and go back")}
      </form>`,
  );
}

export function closedPage({ session, lines }: KnownSession) {
  const back = session.success_url ?? "/";
  return frame(
    "Test payment",
    html`<h1>Paid already</h1>${table(lines)}<p><a href="${back}">Go back</a></p>`,
  );
}

export function receiptPage(lines: readonly Line[], paymentId: string) {
  return frame("Test receipt", html`<h1>Test receipt</h1><p>${paymentId}</p>${table(lines)}`);
}
