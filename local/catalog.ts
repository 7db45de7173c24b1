import { type Catalog, type CatalogFile, loadCatalog } from "../lambda/core/catalog.ts";
import { DEMO_MODEL } from "./demo-provider.ts";

/** The configured models whose provider can be used here, and the demo model, which always can. */
export function localCatalog(file: CatalogFile, isUsable: (apiKeyEnv: string) => boolean): Catalog {
  const hasProvider = (name: string) => {
    const provider = file.providers[name];
    if (provider?.apiKeyEnv !== undefined) return isUsable(provider.apiKeyEnv);
    return !isSigned(provider) || AWS_CREDENTIALS.some(isUsable);
  };
  const models = file.models.filter((model) => model.routes.some((route) => hasProvider(route.provider)));
  return loadCatalog({ ...file, models: [...models, DEMO_MODEL] });
}

/** Any of these says that the AWS command line would have credentials here. */
const AWS_CREDENTIALS = [
  "AWS_ACCESS_KEY_ID",
  "AWS_PROFILE",
  "AWS_WEB_IDENTITY_TOKEN_FILE",
  "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
  "AWS_CONTAINER_CREDENTIALS_FULL_URI",
];

/** Does a provider want AWS credentials, since no key is named for it? */
function isSigned(provider: CatalogFile["providers"][string] | undefined): boolean {
  return provider?.kind === "bedrock" || (provider?.kind === "anthropic" && provider.bedrock !== undefined);
}
