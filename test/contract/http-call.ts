import { expect } from "vitest";
import type { Router } from "../fakes/router.ts";
import { type Json, record } from "./recorded-exchange.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Parsed, where it is a JSON object. */
  readonly body: Json | undefined;
}

const REQUEST_ID = /^req_[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;

/** An answer of ours, whatever was sent: it has a request id, and one in a JSON body is the same. */
export async function call(router: Router, path: string, init: RequestInit = {}): Promise<Answer> {
  const answer = await fetch(`${new URL(router.baseUrl).origin}${path}`, init);
  const text = await answer.text();
  const isJson = answer.headers.get("content-type")?.startsWith("application/json") ?? false;
  const body = isJson && text !== "" ? record(JSON.parse(text)) : undefined;
  // OpenAPI has no place for one.
  expectRequestId(answer.headers.get("x-request-id"), path === "/openapi.json" ? undefined : body);
  return { status: answer.status, headers: answer.headers, text, body };
}

export function expectRequestId(id: unknown, body: Json | undefined): void {
  expect(id).toMatch(REQUEST_ID);
  if (body) expect(record(body["error"])?.["request_id"] ?? body["request_id"]).toBe(id);
}

/** A chat completion, with whatever body. */
export function post(
  router: Router,
  body: NonNullable<RequestInit["body"]>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const authorization = `Bearer ${router.key}`;
  return call(router, "/v1/chat/completions", {
    method: "POST",
    headers: { authorization, "content-type": "application/json", ...headers },
    body,
  });
}

/** Status and error, to be matched together. */
export function errorOf({ status, body }: Answer): Json {
  return { status, ...record(body?.["error"]) };
}
