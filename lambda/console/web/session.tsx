/** Who is signed in, for the whole page. */
import { type QueryClient, queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, use } from "react";
import type { SessionView } from "../views.ts";
import { API_URL, type ApiError, api, isSignedOut, keepCsrfToken, read } from "./api.ts";

/** `expired`: was signed in on this page, and is not any more. */
export type SessionState =
  | { readonly state: "in"; readonly session: SessionView }
  | { readonly state: "out" }
  | { readonly state: "expired" };

const SESSION = ["session"];

const sessionQuery = queryOptions({
  queryKey: SESSION,
  queryFn: async (): Promise<SessionState> => {
    try {
      const session = await read(api.session.$get());
      keepCsrfToken(session.csrf_token);
      sessionStorage.removeItem(SIGNED_OUT);
      return { state: "in", session };
    } catch (error) {
      if (!isSignedOut(error)) throw error;
      return { state: (error as ApiError).code === "session_expired" ? "expired" : "out" };
    }
  },
  staleTime: Number.POSITIVE_INFINITY,
});

export function useSessionState() {
  return useQuery(sessionQuery);
}

/** Any answer may be the first that says so. */
export function noticeSignOut(client: QueryClient, error: unknown): void {
  if (isSignedOut(error) && client.getQueryData<SessionState>(SESSION)?.state === "in") {
    client.setQueryData<SessionState>(SESSION, { state: "expired" });
  }
}

const SessionContext = createContext<SessionView | undefined>(undefined);

export function SessionProvider({ session, children }: { session: SessionView; children: ReactNode }) {
  return <SessionContext value={session}>{children}</SessionContext>;
}

/** @throws Error outside of a signed-in page, which is a bug. */
export function useSession(): SessionView {
  const session = use(SessionContext);
  if (!session) throw new Error("no session here");
  return session;
}

export function useIsOwner(): boolean {
  return useSession().role === "owner";
}

/** For the browser to go to: it comes back to the same place. */
export function signInUrl(invite: string | null): string {
  const url = new URL(`${API_URL}/session/login`);
  url.searchParams.set("return_to", location.hash.slice(1) || "/");
  if (invite) url.searchParams.set("invite", invite);
  return url.href;
}

/** The way out leads over the issuer's page: this is known when it has led back. */
const SIGNED_OUT = "wlrouter-signed-out";

export function hasJustSignedOut(): boolean {
  return sessionStorage.getItem(SIGNED_OUT) !== null;
}

export function useSignOut(): () => Promise<void> {
  const client = useQueryClient();
  return async () => {
    try {
      const { url } = await read(api.session.logout.$post());
      sessionStorage.setItem(SIGNED_OUT, "yes");
      location.assign(url);
    } catch (error) {
      if (!isSignedOut(error)) throw error;
      client.setQueryData<SessionState>(SESSION, { state: "out" });
    }
  };
}
