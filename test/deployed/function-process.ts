/** A Lambda environment: loads a function's bundle and runs its handler for each event that the test sends. */
import { pathToFileURL } from "node:url";
import { installStreamingGlobal, invoke } from "../adapters/lambda/fake-runtime.ts";

const [bundle = "", streams] = process.argv.slice(2);
installStreamingGlobal();
const { handler } = await import(pathToFileURL(bundle).href);

const context = { awsRequestId: "test", getRemainingTimeInMillis: () => 14 * 60_000 };

process.on("message", async ({ id, event }: { id: number; event: unknown }) => {
  try {
    if (streams !== "streams")
      return void process.send?.({ id, result: (await handler(event, context)) ?? null });
    const { prelude, body } = await invoke(handler, event);
    process.send?.({ id, result: { prelude, body } });
  } catch (error) {
    process.send?.({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
});
process.send?.({ ready: true });
