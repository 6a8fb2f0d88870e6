import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

// The API that `npm run dev` talks to; the built console is served by the API itself.
const api = process.env["ORDERWRIGHT_DEV_API"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": fileURLToPath(new URL("src", import.meta.url)) } },
  server: {
    host: "127.0.0.1",
    proxy: {
      "/graphql": { target: api, ws: true },
      "/api": { target: api },
    },
  },
  // The first browsers with light-dark(): for older ones it would be rewritten into something that Mantine breaks.
  build: { target: ["chrome123", "edge123", "firefox120", "safari17.5"], chunkSizeWarningLimit: 1700 },
  test: { include: ["tests/**/*.test.ts"], environment: "node" },
});
