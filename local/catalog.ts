import { type Catalog, type CatalogFile, loadCatalog } from "../lambda/core/catalog.ts";
import { DEMO_MODEL } from "./demo-provider.ts";

/** The configured models whose provider can be used here, and the demo model, which always can. */
export function localCatalog(file: CatalogFile, isUsable: (apiKeyEnv: string) => boolean): Catalog {
  const hasProvider = (name: string) => {
    const apiKeyEnv = file.providers[name]?.apiKeyEnv;
    return apiKeyEnv === undefined || isUsable(apiKeyEnv);
  };
  const models = file.models.filter((model) => model.routes.some((route) => hasProvider(route.provider)));
  return loadCatalog({ ...file, models: [...models, DEMO_MODEL] });
}
