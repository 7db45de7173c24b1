import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, read } from "../api.ts";

export const termsQuery = queryOptions({
  queryKey: ["payments", "terms"],
  queryFn: () => read(api.payments.terms.$get()),
  staleTime: 60_000,
});

export const receiptsQuery = queryOptions({
  queryKey: ["payments", "receipts"],
  queryFn: async () => (await read(api.payments.receipts.$get())).receipts,
});

export const autoTopUpQuery = queryOptions({
  queryKey: ["payments", "auto-top-up"],
  queryFn: () => read(api.payments["auto-top-up"].$get()),
});

/** Under the balance's key: whoever reads that again reads this too. */
export const creditsQuery = infiniteQueryOptions({
  queryKey: ["balance", "credits"],
  queryFn: ({ pageParam }) =>
    read(api.balance.credits.$get({ query: pageParam ? { cursor: pageParam } : {} })),
  initialPageParam: "",
  getNextPageParam: (page) => page.next,
});
