/** An HTTP answer in no platform's form: making a web `Response` and reading it again costs more than the rest of a request. */
export interface Answer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | BodySource;
}

/** A body that comes piece by piece. */
export interface BodySource {
  /** Once. What has come before goes to the sink at once. */
  connect(sink: BodySink): void;
  /** The client is gone: nothing waits for it any more. */
  leave(): void;
}

export interface BodySink {
  /** @returns what to wait for before more is written, which never rejects; undefined where there is room */
  write(bytes: Uint8Array): Promise<void> | undefined;
  end(): void;
}

/** A request as an event has it: its body is here, and most of its headers are never looked at. */
export interface PlainRequest {
  /** @param name in lower case */
  header(name: string): string | undefined;
  readonly body: Uint8Array;
}

export function isSource(body: Answer["body"]): body is BodySource {
  return typeof body === "object" && "connect" in body;
}
