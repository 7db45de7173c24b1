/** The CDK app: `npm run synth`, `npm run deploy`. */
import { App } from "aws-cdk-lib";
import { ConfigError, compileCatalog, loadConfig } from "../lib/config.ts";
import { builtConsolePage } from "../lib/console-page.ts";
import { WLRouterStack } from "../lib/wlrouter-stack.ts";

try {
  const config = await loadConfig(process.env["WLROUTER_CONFIG"] ?? "wlrouter.config.ts");
  new WLRouterStack(new App(), "WLRouter", {
    catalog: compileCatalog(config),
    deployment: config.deployment,
    console: config.console,
    consolePage: await builtConsolePage((message) => console.error(message)),
  });
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  console.error(error.message);
  process.exit(1);
}
