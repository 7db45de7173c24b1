import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** The console's page as static files, all in one folder: they travel beside the function's bundle. */
export default defineConfig({
  root: import.meta.dirname,
  // The page is served under `/console/` here and under `/prod/console/` there.
  base: "./",
  plugins: [react()],
  build: {
    assetsDir: "",
    target: "es2022",
    // Everything a file of its own, also what is small: `data:` URLs need holes in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        entryFileNames: "[name]-[hash].js",
        chunkFileNames: "[name]-[hash].js",
        assetFileNames: "[name]-[hash][extname]",
      },
    },
  },
});
