import { QueryClient, useInfiniteQuery, useQuery, type UseQueryOptions } from "@tanstack/react-query";
import type { FetchResponse, MaybeOptionalInit } from "openapi-fetch";
import type { MediaType, PathsWithMethod } from "openapi-typescript-helpers";
import { api, data } from "./client";
import { Problem } from "./problem";
import type { paths } from "./schema";

export type GetPath = PathsWithMethod<paths, "get">;
export type Init<P extends GetPath> = MaybeOptionalInit<paths[P], "get">;
type Operation<P extends GetPath> = paths[P] extends { get: infer O } ? (O extends Record<string | number, unknown> ? O : never) : never;
/** What a GET answers. */
export type Answer<P extends GetPath> = NonNullable<FetchResponse<Operation<P>, unknown, MediaType>["data"]>;

/** Keys are [address, parameters]: `invalidate("/api/v1/cases")` reaches every list and every single case below it. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      refetchOnWindowFocus: false,
      placeholderData: (previous: unknown) => previous,
      // What is refused stays refused; only what did not answer is asked again.
      retry: (count, problem) => count < 2 && problem instanceof Problem && (problem.status === 0 || problem.status >= 500),
    },
  },
});

export function invalidate(prefix: string): void {
  void queryClient.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[0]).startsWith(prefix) });
}

type Options<T> = Omit<UseQueryOptions<T, Problem>, "queryKey" | "queryFn">;

type AnyGet = (path: string, init: unknown) => Promise<{ data?: never; error?: unknown; response: Response }>;

/** One answer of the API, kept and shared: `useGet("/api/v1/vehicles/{vehicle_id}", { params: { path: { vehicle_id: 7 } } })`. */
export function useGet<P extends GetPath>(path: P, init: Init<P>, options?: Options<Answer<P>>) {
  return useQuery<Answer<P>, Problem>({
    queryKey: [path, init],
    queryFn: ({ signal }) => data<Answer<P>>((api.GET as AnyGet)(path, { ...(init as object), signal })),
    ...options,
  });
}

interface Page<T> {
  items: T[];
  next_cursor: string | null;
}
/** Lists with a cursor; everything that answers `items` and `next_cursor`. */
export type ListPath = { [P in GetPath]: Answer<P> extends Page<unknown> ? P : never }[GetPath];
export type ItemOf<P extends ListPath> = Answer<P> extends Page<infer T> ? T : never;

interface ListOptions {
  enabled?: boolean;
  limit?: number;
  refetchInterval?: number;
  /** How long what was read stands before it is read again by itself; `Infinity`: only when asked to. */
  staleTime?: number;
}

/** A list page by page: `items` are all that were read so far, `more` reads the next page where there is one. */
export function useList<P extends ListPath>(path: P, query: object, options?: ListOptions) {
  const { limit = 100, ...rest } = options ?? {};
  const found = useInfiniteQuery<Page<ItemOf<P>>, Problem>({
    queryKey: [path, "list", query, limit],
    initialPageParam: null,
    queryFn: ({ pageParam, signal }) => {
      const cursor = pageParam === null ? {} : { cursor: pageParam };
      const init = { params: { query: { ...query, limit, ...cursor } }, signal };
      return data<Page<ItemOf<P>>>((api.GET as AnyGet)(path, init));
    },
    getNextPageParam: (last) => last.next_cursor,
    ...rest,
  });
  const items = found.data?.pages.flatMap((page) => page.items) ?? [];
  return { ...found, items, more: found.hasNextPage ? () => void found.fetchNextPage() : undefined };
}
