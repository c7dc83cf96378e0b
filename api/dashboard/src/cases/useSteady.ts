import { useRef } from "react";

/**
 * Rows that come while somebody reads further down wait until they are asked for: what lies under the pointer does not
 * move. Rows that are shown already follow their changes, and leave when they no longer belong.
 */
export function useSteady<T extends { id: number }>(items: readonly T[], atTop: boolean): { shown: readonly T[]; waiting: number } {
  const known = useRef<readonly number[]>([]);
  const now = new Map(items.map((item) => [item.id, item]));
  if (atTop || known.current.length === 0) {
    known.current = items.map((item) => item.id);
    return { shown: items, waiting: 0 };
  }
  const last = known.current[known.current.length - 1];
  const end = items.findIndex((item) => item.id === last);
  // Below the last known row stands what was read page by page: that is no news.
  const below = end < 0 ? [] : items.slice(end + 1);
  const kept = known.current.flatMap((id) => now.get(id) ?? []);
  const have = new Set([...kept, ...below].map((item) => item.id));
  known.current = [...have];
  return { shown: [...kept, ...below], waiting: items.filter((item) => !have.has(item.id)).length };
}
