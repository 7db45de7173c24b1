import { type GatewayResponseOptions, ResponseType, type RestApi } from "aws-cdk-lib/aws-apigateway";

interface OwnAnswer {
  readonly type: ResponseType;
  /** Absent: API Gateway's own status for the case. */
  readonly status?: number;
  readonly code: string | null;
  readonly errorType: "invalid_request_error" | "rate_limit_error" | "server_error";
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * What API Gateway answers when the function is not asked, or does not answer. Messages are ours throughout:
 * API Gateway's can quote the Authorization header, and may hold quotes of their own.
 */
const OWN_ANSWERS: readonly OwnAnswer[] = [
  {
    type: ResponseType.DEFAULT_4XX,
    code: null,
    errorType: "invalid_request_error",
    message: "API Gateway refused this request before the router saw it ($context.error.responseType).",
  },
  {
    type: ResponseType.DEFAULT_5XX,
    code: "internal_error",
    errorType: "server_error",
    message: "API Gateway could not get an answer from the router ($context.error.responseType).",
  },
  {
    // What API Gateway says of a path or method that it does not know, if the catch-all ever lets one through.
    type: ResponseType.MISSING_AUTHENTICATION_TOKEN,
    status: 404,
    code: "not_found",
    errorType: "invalid_request_error",
    message: "There is nothing here. The API begins at /v1.",
  },
  {
    type: ResponseType.RESOURCE_NOT_FOUND,
    status: 404,
    code: "not_found",
    errorType: "invalid_request_error",
    message: "There is nothing here. The API begins at /v1.",
  },
  {
    type: ResponseType.WAF_FILTERED,
    status: 403,
    code: "request_blocked",
    errorType: "invalid_request_error",
    message:
      "The firewall of this deployment refused this request: its body is too large, or there were too many requests " +
      "from this address in five minutes.",
  },
  {
    type: ResponseType.REQUEST_TOO_LARGE,
    status: 413,
    code: "request_too_large",
    errorType: "invalid_request_error",
    message: "The request is larger than 6 MB.",
  },
  {
    type: ResponseType.THROTTLED,
    status: 429,
    code: "rate_limit_exceeded",
    errorType: "rate_limit_error",
    message: "Too many requests at once for this deployment. Try again in a moment.",
    headers: { "retry-after": "1" },
  },
  {
    type: ResponseType.INTEGRATION_FAILURE,
    status: 500,
    code: "internal_error",
    errorType: "server_error",
    message: "The router failed before it answered.",
  },
  {
    // Trying again would wait, and might pay, a second time.
    type: ResponseType.INTEGRATION_TIMEOUT,
    status: 504,
    code: "upstream_timeout",
    errorType: "server_error",
    message: 'There was no answer in time. Use "stream": true for long answers.',
    headers: { "x-should-retry": "false" },
  },
];

/** Gives API Gateway's own answers the envelope, the request id and the CORS header that the router's have. */
export function addGatewayResponses(api: RestApi): void {
  for (const answer of OWN_ANSWERS) api.addGatewayResponse(answer.type.responseType, gatewayResponse(answer));
}

function gatewayResponse(answer: OwnAnswer): GatewayResponseOptions {
  const error = {
    message: answer.message,
    type: answer.errorType,
    param: null,
    code: answer.code,
    request_id: "$context.requestId",
  };
  return {
    type: answer.type,
    ...(answer.status && { statusCode: String(answer.status) }),
    templates: { "application/json": JSON.stringify({ error }) },
    responseHeaders: {
      "x-request-id": "context.requestId",
      // Without it a page that calls from a browser could not read the error; there is nothing private in one.
      "access-control-allow-origin": "'*'",
      "access-control-expose-headers": "'x-request-id,retry-after,x-should-retry'",
      ...Object.fromEntries(
        Object.entries(answer.headers ?? {}).map(([name, value]) => [name, `'${value}'`]),
      ),
    },
  };
}
