/** The console's API, typed from its routes to the page. */
import { hc } from "hono/client";
import type { ConsoleApi } from "../api.ts";
import type { ConsoleErrorCode, ErrorBody } from "../errors.ts";

/** Beside the page, wherever that is: `/console/api` here, `/prod/console/api` there. */
export const API_URL = new URL("api", document.baseURI).href;

let csrfToken = "";

/** The session's token goes with everything that changes something. */
export function keepCsrfToken(token: string): void {
  csrfToken = token;
}

export const api = hc<ConsoleApi>(API_URL, { headers: () => ({ "x-csrf-token": csrfToken }) });

/** What the API refused, in its own words, which are meant for people. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: ConsoleErrorCode | "unreachable";
  /** The field that is wrong. */
  readonly param: string | null;
  readonly requestId: string | null;

  constructor(code: ApiError["code"], message: string, param: string | null, requestId: string | null) {
    super(message);
    this.code = code;
    this.param = param;
    this.requestId = requestId;
  }
}

interface Answer<T> {
  readonly ok: boolean;
  readonly status: number;
  json(): Promise<T>;
}

/** @throws ApiError for every answer that is none, and for no answer at all. */
export async function read<T>(pending: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await pending;
  } catch {
    throw new ApiError(
      "unreachable",
      "The server did not answer. Check your connection and try again.",
      null,
      null,
    );
  }
  if (answer.ok) return answer.json();
  throw await refusal(answer);
}

async function refusal(answer: Answer<unknown>): Promise<ApiError> {
  try {
    const { error } = (await answer.json()) as ErrorBody;
    return new ApiError(error.code, error.message, error.param, error.request_id);
  } catch {
    const message = `The server answered with status ${answer.status} and no explanation. Try again in a moment.`;
    return new ApiError("internal_error", message, null, null);
  }
}

export function isSignedOut(error: unknown): boolean {
  return error instanceof ApiError && (error.code === "not_signed_in" || error.code === "session_expired");
}
