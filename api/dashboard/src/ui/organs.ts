import { useMemo } from "react";
import type { Shape } from "../api/client";
import { useGet } from "../api/queries";

/** All organs the account may see, by id; read once. */
export function useOrgans() {
  return useGet("/api/v1/organs", { params: { query: { limit: 6000 } } }, { staleTime: 10 * 60_000 });
}

export function useOrganNames(): ReadonlyMap<number, string> {
  const { data } = useOrgans();
  return useMemo(() => new Map(data?.items.map((organ) => [organ.id, organ.name])), [data]);
}

/** A node of a tree to look at (`key`) or to choose from (`value`). */
export interface OrganNode {
  key: number;
  value: number;
  title: string;
  children: OrganNode[];
}

/** The organs as a tree; what has no parent that one may see stands at the top. */
export function organTree(organs: readonly Shape<"OrganShown">[]): OrganNode[] {
  const nodes = new Map(organs.map((one) => [one.id, { key: one.id, value: one.id, title: one.name, children: [] as OrganNode[] }]));
  const top: OrganNode[] = [];
  for (const one of organs) {
    const node = nodes.get(one.id);
    if (node) (nodes.get(one.parent_id ?? -1)?.children ?? top).push(node);
  }
  return top;
}
