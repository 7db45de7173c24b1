/**
 * The parts of undici that a gateway needs. Its index also loads fetch, WebSocket, caches and mocks: twice the code, read
 * and compiled in every cold start.
 */
declare module "undici/lib/dispatcher/pool.js" {
  export { Pool as default } from "undici";
}

declare module "undici/lib/core/errors.js" {
  export { errors as default } from "undici";
}
