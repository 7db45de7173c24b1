import type { GatewayError } from "../../core/errors.ts";

/**
 * The two answers that the adapter gives itself, before the gateway has seen the request or after it has failed;
 * every other error is the gateway's to word.
 */
export function errorResponse(status: 400 | 500, error: GatewayError, requestId: string): Response {
  const { headers, body } = errorAnswer(status, error, requestId);
  return new Response(body, { status, headers });
}

export function errorAnswer(status: number, error: GatewayError, requestId: string) {
  const headers = { "content-type": "application/json", "x-request-id": requestId };
  return { status, headers, body: errorBody(error, requestId) };
}

export function errorBody(error: GatewayError, requestId: string): string {
  const type = error.code.startsWith("invalid_") ? "invalid_request_error" : "server_error";
  return JSON.stringify({
    error: { message: error.message, type, param: null, code: error.code, request_id: requestId },
  });
}
