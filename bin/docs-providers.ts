// `npm run docs:providers`: the table of docs/providers.md, made from what the translators enforce.

import { readFileSync, writeFileSync } from "node:fs";
import { providersDocument } from "../test/translators/providers-document.ts";

const PAGE = new URL("../docs/providers.md", import.meta.url);
writeFileSync(PAGE, providersDocument(readFileSync(PAGE, "utf8")));
