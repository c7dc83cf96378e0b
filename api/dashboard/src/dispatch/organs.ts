import { useMemo } from "react";
import { useGet } from "../api/queries";

/** All organs the account may see; read once, shared with the other pages that ask the same. */
export function useOrgans() {
  return useGet("/api/v1/organs", { params: { query: { limit: 6000 } } }, { staleTime: 10 * 60_000 });
}

export function useOrganNames(): ReadonlyMap<number, string> {
  const { data } = useOrgans();
  return useMemo(() => new Map(data?.items.map((organ) => [organ.id, organ.name])), [data]);
}
