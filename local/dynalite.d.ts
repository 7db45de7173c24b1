declare module "dynalite" {
  import type { Server } from "node:http";

  /** The parts of dynalite's options that we use; without `path` it keeps everything in memory. */
  export default function dynalite(options?: { path?: string; createTableMs?: number }): Server;
}
