/** `npm run build:web`: the console's page as static files. Every command that serves or deploys it builds it by itself. */
import { builtConsolePage } from "../lib/console-page.ts";

try {
  console.log(await builtConsolePage((message) => console.error(message)));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
