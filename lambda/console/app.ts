import { type Context, Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import { createConsoleApi } from "./api.ts";
import type { Console } from "./console.ts";
import type { PageFile, PageFiles } from "./page-files.ts";

const PAGE = "index.html";

/**
 * The console as one URL: its API at `/api`, its page at `/`. Paths begin behind `/console`. The page's own addresses
 * are relative and its places are behind `#`, since neither the stage in the path nor this function knows of them.
 */
export function createConsoleApp(console: Console, files: PageFiles) {
  const app = new Hono();
  app.use(secureHeaders(HEADERS));
  app.route("/api", createConsoleApi(console));
  // `/console` itself: from there relative addresses would lead beside it.
  app.get("/console", (c) => c.redirect(console.settings.pageUrl));
  app.get("/:name{.*}", (c) => {
    const asked = c.req.param("name");
    // Whoever hands over `/console/` with its name means the page too.
    const name = asked === "" || asked === "console/" ? PAGE : asked;
    const file = files(name);
    if (file) return answer(c, file);
    return name === PAGE ? c.html(NO_PAGE) : c.text("There is nothing here.", 404);
  });
  return app;
}

const HEADERS = {
  contentSecurityPolicy: {
    defaultSrc: ["'self'"],
    // Component libraries place things by inline styles.
    styleSrc: ["'self'", "'unsafe-inline'"],
    imgSrc: ["'self'", "data:"],
    objectSrc: ["'none'"],
    baseUri: ["'self'"],
    frameAncestors: ["'none'"],
  },
  xFrameOptions: "DENY",
  referrerPolicy: "same-origin",
  // The host is the API's too, and on one machine there is no TLS to insist on.
  strictTransportSecurity: false,
} satisfies Parameters<typeof secureHeaders>[0];

function answer(c: Context, file: PageFile): Response {
  const isGzipped = file.gzipped !== undefined && /\bgzip\b/.test(c.req.header("accept-encoding") ?? "");
  c.header("content-type", file.contentType);
  c.header("vary", "accept-encoding");
  c.header("cache-control", file.isImmutable ? "public, max-age=31536000, immutable" : "no-cache");
  if (isGzipped) c.header("content-encoding", "gzip");
  return c.body(isGzipped && file.gzipped ? file.gzipped : file.bytes);
}

const NO_PAGE = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>WLRouter console</title>
<p>The console's page is not built yet. Build it with <code>npm run build:web</code> and start again.</p>
</html>
`;
