import { expect } from "vitest";
import { type Client, requestIdOf } from "./world.ts";

/** A client's request under its own idempotency key. */
export function post(
  client: Client,
  value: string,
  body: object | string,
  init?: RequestInit,
): Promise<Response> {
  return client.post(body, { ...init, headers: { "idempotency-key": value } });
}

export interface First {
  readonly requestId: string;
  readonly outcome: string;
  readonly otherBody?: boolean;
}

/** Checks what whoever comes second is told, all of it. */
export async function expectConflict(response: Response, { requestId, outcome, otherBody }: First) {
  const body: unknown = JSON.parse(await response.text());
  expect({ status: response.status, body }).toEqual({
    status: 409,
    body: {
      error: {
        message: expect.stringContaining(
          `A request with this Idempotency-Key exists already: ${requestId}, ${outcome}. `,
        ),
        type: "invalid_request_error",
        param: null,
        code: "idempotency_conflict",
        request_id: requestId,
      },
    },
  });
  expect(JSON.stringify(body)).toContain(
    otherBody ? "It had another body" : "Nothing was charged for this one",
  );
  expect(requestIdOf(response)).toBe(requestId);
  expect(response.headers.get("x-should-retry")).toBe("false");
}
