/** What more than one page reads. */
import { queryOptions } from "@tanstack/react-query";
import { api, read } from "./api.ts";

export const balanceQuery = queryOptions({
  queryKey: ["balance"],
  queryFn: () => read(api.balance.$get()),
  // A balance moves while one looks at it.
  refetchInterval: 15_000,
});

export const startQuery = queryOptions({ queryKey: ["start"], queryFn: () => read(api.start.$get()) });

export const keysQuery = queryOptions({
  queryKey: ["keys"],
  queryFn: async () => (await read(api.keys.$get())).keys,
});

export const modelsQuery = queryOptions({
  queryKey: ["models"],
  queryFn: async () => (await read(api.models.$get())).models,
  staleTime: 60_000,
});
