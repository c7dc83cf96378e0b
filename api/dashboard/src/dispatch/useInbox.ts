import { useGet, useList } from "../api/queries";
import { byUrgency, type Order, type OrderState, type Tab } from "./model";

/** How often the desk looks for what is new: the stream tells of vehicles and cases, not of orders. */
export const EVERY_MS = 5000;
const live = { refetchInterval: EVERY_MS, limit: 200 };

export interface Asked {
  organ: number | null;
  state: readonly OrderState[];
  number: string;
  from: string;
  to: string;
}

/** How much waits, by tab. */
export function useCounts(organ: number | null) {
  return useGet("/api/v1/orders/inbox", { params: { query: organ === null ? {} : { organ } } }, { refetchInterval: EVERY_MS });
}

/** The orders of a tab, the most pressing first; in the last tab the newest first, by the filter. */
export function useInbox(tab: Tab, asked: Asked) {
  const organ = asked.organ === null ? {} : { organ: asked.organ };
  const filter = {
    ...organ,
    ...(asked.state.length > 0 ? { state: asked.state } : {}),
    ...(asked.number ? { number: asked.number.trim().toUpperCase() } : {}),
    ...(asked.from ? { from: `${asked.from}T04:00:00+08:00` } : {}),
    ...(asked.to ? { to: `${asked.to}T23:59:59+08:00` } : {}),
  };
  const approve = useList("/api/v1/orders", { ...organ, undecided: true }, { ...live, enabled: tab === "approve" });
  const assign = useList("/api/v1/orders", { ...organ, state: ["approved"] }, { ...live, enabled: tab === "assign" });
  const urgent = useList("/api/v1/orders", { ...organ, state: ["submitted"], emergency: true }, { ...live, enabled: tab === "assign" });
  const road = useList("/api/v1/orders", { ...organ, state: ["assigned", "departed", "returned"] }, { ...live, enabled: tab === "road" });
  const all = useList("/api/v1/orders", filter, { enabled: tab === "all", limit: 100 });
  if (tab === "approve") return { ...approve, items: [...approve.items].sort(byUrgency) };
  if (tab === "assign") return { ...assign, items: [...urgent.items, ...assign.items].sort(byUrgency) };
  if (tab === "road") return { ...road, items: sortedRoad(road.items) };
  return all;
}

/** Out first, then what is to depart, then what is to be settled. */
function sortedRoad(items: readonly Order[]): Order[] {
  const weight: Record<string, number> = { departed: 0, assigned: 1, returned: 2 };
  return [...items].sort((a, b) => (weight[a.state] ?? 3) - (weight[b.state] ?? 3) || byUrgency(a, b));
}
