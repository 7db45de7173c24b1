import type { APIGatewayProxyEvent } from "aws-lambda";
import type { PlainRequest } from "../../core/answer.ts";

type Multi = Readonly<Record<string, readonly string[] | undefined>> | null;
type Single = Readonly<Record<string, string | undefined>> | null;

/**
 * The request as the client sent it, its path beginning where the API's own paths begin (`/v1/…`).
 * @throws TypeError for an event that is no HTTP request: no method, no path, a method or header that HTTP forbids.
 */
export function eventToRequest(event: APIGatewayProxyEvent): Request {
  if (typeof event.httpMethod !== "string" || typeof event.path !== "string") {
    throw new TypeError("The event has no method or no path.");
  }
  // A router that keeps methods in an object would find `toString` there.
  if (!/^[A-Z]+$/.test(event.httpMethod)) throw new TypeError("There is no such method.");
  const url = new URL(`https://${event.requestContext?.domainName ?? "localhost"}`);
  url.pathname = pathOf(event);
  for (const [name, value] of pairs(event.multiValueQueryStringParameters, event.queryStringParameters)) {
    url.searchParams.append(name, value);
  }
  const headers = new Headers();
  for (const [name, value] of pairs(event.multiValueHeaders, event.headers)) headers.append(name, value);

  return new Request(url, { method: event.httpMethod, headers, body: bodyOf(event) });
}

/** What of a header's value an HTTP request cannot carry: such a request goes the long way, which refuses it. */
const NOT_IN_HEADERS = /[\0\r\n\u0100-\uffff]/;
const SPACE_AROUND = /^[\t ]+|[\t ]+$/g;

/**
 * The request without a `Request` around it, for one method and path; undefined for every other, and for what is no
 * HTTP request. Headers have the values that `Headers` would give them.
 */
export function plainRequestOf(
  event: APIGatewayProxyEvent,
  route: { readonly method: string; readonly path: string },
): PlainRequest | undefined {
  if (event.httpMethod !== route.method || typeof event.path !== "string" || pathOf(event) !== route.path)
    return undefined;
  const headers = new Map<string, string>();
  for (const [name, value] of pairs(event.multiValueHeaders, event.headers)) {
    if (typeof value !== "string" || NOT_IN_HEADERS.test(value)) return undefined;
    const key = name.toLowerCase();
    const before = headers.get(key);
    const trimmed = value.replace(SPACE_AROUND, "");
    headers.set(key, before === undefined ? trimmed : `${before}, ${trimmed}`);
  }
  const body = Buffer.from(event.body ?? "", event.isBase64Encoded ? "base64" : "utf8");
  return { header: (name) => headers.get(name), body };
}

/**
 * What `{proxy+}` matched. `event.path` has no stage in it, but it does have a custom domain's base path, and the stage
 * too where such a domain leaves the choice of it to its callers; `{proxy+}` never has either. The root has no `{proxy+}`.
 */
function pathOf(event: APIGatewayProxyEvent): string {
  const proxy = event.pathParameters?.["proxy"];
  if (proxy !== undefined) return `/${proxy}`;
  return event.resource === "/" ? "/" : event.path;
}

/** API Gateway sends each header and parameter twice, once with its last value and once with all of them. */
function* pairs(multi: Multi, single: Single): Generator<[string, string]> {
  for (const [name, values] of Object.entries(multi ?? single ?? {})) {
    for (const value of [values ?? []].flat()) yield [name, value];
  }
}

function bodyOf(event: APIGatewayProxyEvent): string | Uint8Array<ArrayBuffer> | null {
  if (event.httpMethod === "GET" || event.httpMethod === "HEAD") return null;
  return event.isBase64Encoded && event.body ? Buffer.from(event.body, "base64") : event.body;
}
