/** Proxy events of which anything may be odd, for functions at the edge. */
import fc from "fast-check";

const header = fc.oneof(
  fc.constantFrom(
    "authorization",
    "content-type",
    "idempotency-key",
    "x-wlrouter-tag",
    "cookie",
    "host",
    "origin",
  ),
  fc.string({ maxLength: 12 }),
);
const text = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.constant("Bearer wlrouter_"),
);
const many = fc.oneof(
  fc.constant(null),
  fc.dictionary(header, fc.array(text, { maxLength: 2 }), { maxKeys: 4 }),
);

export const anyEvent = fc.record({
  httpMethod: fc.oneof(fc.constantFrom("GET", "POST", "PUT", "OPTIONS", "HEAD", "TRACE", "CONNECT"), text),
  path: text,
  pathParameters: fc.oneof(
    fc.constant(null),
    fc.record({
      proxy: fc.oneof(text, fc.constantFrom("v1/chat/completions", "v1/requests/x", "v1/models/%00")),
    }),
  ),
  multiValueHeaders: many,
  multiValueQueryStringParameters: many,
  body: fc.oneof(fc.constant(null), text),
  isBase64Encoded: fc.boolean(),
});
