import type { Context, Hono } from "hono";
import type { Stripe } from "stripe";
import type { Books } from "./books.ts";
import { type Form, formsAt, readForm, textAt, textsAt } from "./form.ts";

export interface ApiOptions {
  readonly books: Books;
  readonly secretKey: string;
  /** After each request that changed something. */
  onChange(): void;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** The part of Stripe's API that top-ups use. */
export function addStripeApi(app: Hono, options: ApiOptions): void {
  const { books, secretKey } = options;
  const { state } = books;
  app.use("/v1/*", async (c, next) => {
    if (c.req.header("authorization") !== `Bearer ${secretKey}`) {
      const message = "Invalid API Key provided.";
      return json(c, { status: 401, body: { error: { type: "invalid_request_error", message } } });
    }
    return next();
  });

  const post = (path: string, act: (form: Form, c: Context) => Answer) =>
    app.post(path, async (c) => {
      const body = await c.req.text();
      const answer = once(state, c.req.header("idempotency-key"), `${c.req.path}?${body}`, () =>
        act(readForm(body), c),
      );
      options.onChange();
      return json(c, answer);
    });
  post("/v1/customers", (form) =>
    ok(books.createCustomer(textAt(form, "email") ?? null, textsAt(form, "metadata"))),
  );
  post("/v1/checkout/sessions", (form) => createSession(books, form));
  post("/v1/payment_intents", (form) => createIntent(books, form));
  post("/v1/refunds", (form) => createRefund(books, form));
  post("/v1/payment_methods/:id/detach", (_form, c) => detach(books, c.req.param("id") ?? ""));

  const get = (path: string, find: (c: Context) => object | undefined) =>
    app.get(path, (c) => {
      const found = find(c);
      return json(c, found ? ok(found) : missing(c.req.path));
    });
  get("/v1/checkout/sessions/:id", (c) => state.sessions[c.req.param("id") ?? ""]?.session);
  get("/v1/payment_intents/:id", (c) => {
    const intent = state.intents[c.req.param("id") ?? ""];
    return intent && expanded(books, intent, Object.values(textsAt(query(c), "expand")));
  });
  get("/v1/payment_intents", (c) => {
    const wanted = textAt(query(c), "customer");
    const expand = Object.values(textsAt(query(c), "expand")).map((name) => name.replace(/^data\./, ""));
    const intents = Object.values(state.intents).filter((intent) => !wanted || intent.customer === wanted);
    return page(
      c,
      intents.reverse().map((intent) => expanded(books, intent, expand)),
    );
  });
  get("/v1/refunds", (c) => page(c, ofPayment(c, Object.values(state.refunds))));
  get("/v1/disputes", (c) => page(c, ofPayment(c, Object.values(state.disputes))));
  get("/v1/charges", (c) => {
    const wanted = textAt(query(c), "customer");
    return page(
      c,
      Object.values(state.charges)
        .filter((charge) => charge.customer === wanted)
        .reverse(),
    );
  });
  get("/v1/events", (c) => {
    const types = Object.values(textsAt(query(c), "types"));
    return page(
      c,
      state.events.filter((event) => types.length === 0 || types.includes(event.type)).reverse(),
    );
  });
}

function json(c: Context, { status, body }: Answer): Response {
  c.header("request-id", "req_standin");
  return Response.json(body, { status, headers: { "request-id": "req_standin" } });
}

function ok(body: object): Answer {
  return { status: 200, body };
}

function refused(message: string, status = 400, code?: string): Answer {
  return { status, body: { error: { type: "invalid_request_error", message, ...(code ? { code } : {}) } } };
}

function missing(path: string): Answer {
  return refused(`No such object: '${path.split("/").at(-1)}'`, 404, "resource_missing");
}

/** The same key brings the same answer; with another request it is an error. */
function once(
  { answers }: Books["state"],
  key: string | undefined,
  request: string,
  act: () => Answer,
): Answer {
  if (key === undefined) return act();
  const known = answers[key];
  if (known && known.request !== request) {
    const message =
      "Keys for idempotent requests can only be used with the same parameters they were first used with.";
    return { status: 400, body: { error: { type: "idempotency_error", message } } };
  }
  if (known) return known;
  const answer = act();
  answers[key] = { request, ...structuredClone(answer) };
  return answer;
}

// --- what may be asked for ------------------------------------------------------------------------------------

function createSession(books: Books, form: Form): Answer {
  const lines = formsAt(form, "line_items").map((line) => ({
    name: textAt(line, "price_data", "product_data", "name") ?? "",
    amount: Number(textAt(line, "price_data", "unit_amount")) * Number(textAt(line, "quantity") ?? "1"),
  }));
  if (lines.length === 0 || lines.some(({ amount }) => !Number.isSafeInteger(amount) || amount < 1)) {
    return refused("Invalid integer: line_items", 400, "parameter_invalid_integer");
  }
  const successUrl = textAt(form, "success_url");
  if (!successUrl) return refused("You must provide success_url.", 400, "parameter_missing");
  const data = typeof form["payment_intent_data"] === "object" ? form["payment_intent_data"] : {};
  const customer = textAt(form, "customer") ?? null;
  const session = books.createSession(
    {
      customer,
      clientReferenceId: textAt(form, "client_reference_id") ?? null,
      successUrl,
      cancelUrl: textAt(form, "cancel_url") ?? null,
    },
    lines,
    {
      customer,
      metadata: textsAt(data, "metadata"),
      description: textAt(data, "description") ?? null,
      setupFutureUsage: textAt(data, "setup_future_usage") === "off_session" ? "off_session" : null,
    },
  );
  return ok(session);
}

function createIntent(books: Books, form: Form): Answer {
  const methodId = textAt(form, "payment_method") ?? "";
  const customer = textAt(form, "customer") ?? "";
  const method = books.state.methods[methodId];
  if (!method || method.customer !== customer) return missing(`/${methodId}`);
  const intent = books.chargeMethod(
    {
      amount: Number(textAt(form, "amount")),
      customer,
      metadata: textsAt(form, "metadata"),
      description: textAt(form, "description") ?? null,
      setupFutureUsage: null,
    },
    methodId,
  );
  const { last_payment_error: error } = intent;
  if (!error) return ok(intent);
  return { status: 402, body: { error: { ...error, payment_intent: intent } } };
}

function createRefund(books: Books, form: Form): Answer {
  const amount = textAt(form, "amount");
  const refund = books.refund(
    textAt(form, "payment_intent") ?? "",
    amount === undefined ? undefined : Number(amount),
    textsAt(form, "metadata"),
  );
  return refund ? ok(refund) : refused("Refund amount is greater than unrefunded amount on charge.");
}

function detach(books: Books, methodId: string): Answer {
  const method = books.state.methods[methodId];
  if (!method?.customer) return refused("The payment method you provided is not attached to a customer.");
  method.customer = null;
  return ok(method);
}

// --- lists ----------------------------------------------------------------------------------------------------

function query(c: Context): Form {
  return readForm(new URL(c.req.url).search.slice(1));
}

function ofPayment<Item extends { payment_intent: unknown }>(c: Context, items: Item[]): Item[] {
  const wanted = textAt(query(c), "payment_intent");
  return items.filter((item) => !wanted || item.payment_intent === wanted).reverse();
}

function page<Item extends { id: string; created: number }>(c: Context, items: readonly Item[]): object {
  const form = query(c);
  const since = Number(textAt(form, "created", "gte") ?? "0");
  const limit = Number(textAt(form, "limit") ?? "10");
  const after = textAt(form, "starting_after");
  const young = items.filter(({ created }) => created >= since);
  const rest = young.slice(after === undefined ? 0 : young.findIndex(({ id }) => id === after) + 1);
  return { object: "list", url: c.req.path, has_more: rest.length > limit, data: rest.slice(0, limit) };
}

function expanded(
  books: Books,
  intent: Stripe.PaymentIntent,
  names: readonly string[],
): Stripe.PaymentIntent {
  const { latest_charge: chargeId, payment_method: methodId } = intent;
  return {
    ...intent,
    ...(names.includes("latest_charge") && typeof chargeId === "string"
      ? { latest_charge: books.state.charges[chargeId] ?? null }
      : {}),
    ...(names.includes("payment_method") && typeof methodId === "string"
      ? { payment_method: books.state.methods[methodId] ?? null }
      : {}),
  };
}
