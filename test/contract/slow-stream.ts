import { type Behavior, sse, stream } from "../fakes/provider-server.ts";

/** What every such stream uses, once it ends. */
export const USED = { prompt_tokens: 11, completion_tokens: 20, total_tokens: 31 };
/** At the prices of `test/model`, in pico-USD a token. */
export const COST_PICO_USD = 11n * 400_000n + 20n * 1_600_000n;

export const REQUEST = {
  model: "test/model",
  messages: [{ role: "user" as const, content: "Hold on." }],
  max_completion_tokens: 100,
  stream: true as const,
};

/** A promise, and the function that keeps it. */
export function gate(): { opened: Promise<void>; open: () => void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** Says the first word at once, and the rest when it may. */
export function slowStream(mayEnd: Promise<void>): Behavior {
  const chunk = (more: object) => ({
    id: "chatcmpl-1",
    object: "chat.completion.chunk",
    created: 1,
    model: "upstream-model",
    ...more,
  });
  const delta = (content: string, finish_reason: string | null) =>
    chunk({ choices: [{ index: 0, delta: { content }, finish_reason }] });
  return stream(
    sse(delta("Hold", null), delta(" on", "stop"), chunk({ choices: [], usage: USED }), "[DONE]"),
    {
      pace: (index) => (index === 0 ? Promise.resolve() : mayEnd),
    },
  );
}
