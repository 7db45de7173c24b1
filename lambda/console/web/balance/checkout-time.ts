const STARTED = "wlrouter-checkout-started-ms";
/** The browser's clock and the payment provider's differ a little. */
const CLOCK_SKEW_MS = 5_000;
const LONGEST_CHECKOUT_MS = 10 * 60_000;

/** The payment page is another page: what must be known after it is kept by the browser's tab. */
export function rememberCheckout(nowMs: number): void {
  sessionStorage.setItem(STARTED, String(nowMs));
}

/** A receipt from then on is the one that is waited for. */
export function checkoutTimeMs(nowMs: number): number {
  const startedMs = Number(sessionStorage.getItem(STARTED)) || nowMs - LONGEST_CHECKOUT_MS;
  return startedMs - CLOCK_SKEW_MS;
}
