import { MantineProvider } from "@mantine/core";
import { QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ApiError } from "./api.ts";
import { App } from "./app.tsx";
import { noticeSignOut } from "./session.tsx";
import "./styles.ts";
import { cssVariables, theme } from "./theme.ts";

const client: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError: (error) => noticeSignOut(client, error) }),
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // What was refused is refused again; only a server that did not answer may do so the next time.
      retry: (times, error) => error instanceof ApiError && error.code === "unreachable" && times < 2,
    },
    mutations: { onError: (error) => noticeSignOut(client, error) },
  },
});

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
        <App />
      </MantineProvider>
    </QueryClientProvider>
  </StrictMode>,
);
