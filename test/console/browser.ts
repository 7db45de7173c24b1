/** As much of a browser as signing in needs: cookies for each host and port-free, redirects followed by hand. */
export class Browser {
  readonly #cookies = new Map<string, string>();
  readonly consoleUrl: string;
  csrfToken = "";

  /** @param consoleUrl ends with `/console/`. */
  constructor(consoleUrl: string) {
    this.consoleUrl = consoleUrl;
  }

  /** One request, its cookies kept. */
  async fetch(url: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (this.#cookies.size > 0)
      headers.set("cookie", [...this.#cookies].map(([n, v]) => `${n}=${v}`).join("; "));
    const response = await fetch(url, { redirect: "manual", ...init, headers });
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    return response;
  }

  #keep(line: string): void {
    const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    if (value === "" || /max-age=0/i.test(line)) this.#cookies.delete(name);
    else this.#cookies.set(name, value);
  }

  cookie(name: string): string | undefined {
    return this.#cookies.get(name);
  }

  setCookie(name: string, value: string): void {
    this.#cookies.set(name, value);
  }

  /** Follows redirects until there are none. @returns the last answer and where it came from. */
  async go(url: string, init: RequestInit = {}): Promise<{ url: string; response: Response }> {
    let [at, response] = [url, await this.fetch(url, init)];
    for (let hops = 0; hops < 15; hops++) {
      const location = response.headers.get("location");
      if (!location) return { url: at, response };
      at = new URL(location, at).href;
      response = await this.fetch(at);
    }
    throw new Error(`too many redirects, the last to ${at}`);
  }

  /** From the console's door to the issuer, a click on a user there, and back. @returns where it ends. */
  async signIn(user: string, query = ""): Promise<string> {
    const { url: choice } = await this.go(`${this.consoleUrl}api/session/login${query}`);
    const body = new URLSearchParams({ user });
    const { url } = await this.go(choice, { method: "POST", body });
    const session = await this.call("GET", "session");
    this.csrfToken = session.status === 200 ? String(session.json["csrf_token"]) : "";
    return url;
  }

  /** A call of the console's API as its page makes it. */
  async call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; json: Record<string, unknown>; headers: Headers; text: string }> {
    const response = await this.fetch(`${this.consoleUrl}api/${path}`, {
      method,
      headers: {
        ...(method === "GET"
          ? {}
          : { origin: new URL(this.consoleUrl).origin, "x-csrf-token": this.csrfToken }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.includes("json") ?? false;
    return { status: response.status, json: isJson ? JSON.parse(text) : {}, headers: response.headers, text };
  }
}
