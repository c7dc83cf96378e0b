import { useMemo } from "react";
import { useList } from "../api/queries";
import { fleetDay, range } from "../format/time";
import { useLang, useWord } from "../i18n";
import { useMay } from "../session/session";
import type { Span } from "../ribbon/DayRibbon";

const RUNNING = new Set(["assigned", "departed"]);

/** One vehicle's fleet day: its orders, its trips, the order it is on now, and both as lanes of the ribbon. */
export function useDay(vehicleId: number, now: number) {
  const lang = useLang();
  const word = useWord();
  const mayOrders = useMay("read_orders");
  const mayTrips = useMay("read_trips");
  const day = fleetDay(now);
  const span = useMemo(() => ({ vehicle: vehicleId, from: day.from, to: day.to }), [vehicleId, day.from, day.to]);
  const orders = useList("/api/v1/orders", span, { enabled: mayOrders, limit: 50, refetchInterval: 60_000 });
  const trips = useList("/api/v1/trips", span, { enabled: mayTrips, limit: 50, refetchInterval: 60_000 });
  const current = orders.items.find(
    (one) => one.state === "departed" || (RUNNING.has(one.state) && Date.parse(one.planned_from) <= now && now < Date.parse(one.planned_to)),
  );
  const planned = orders.items
    .filter((one) => !["draft", "rejected", "cancelled"].includes(one.state))
    .map((one): Span => ({
      from: Date.parse(one.planned_from), to: Date.parse(one.planned_to), kind: one.decision === "pending" ? "pending" : "order",
      title: `${one.number} ${range(one.planned_from, one.planned_to)} ${lang === "zh" ? one.purpose_zh : one.purpose_en}`,
    }));
  const driven = trips.items.map((one): Span => ({
    from: Date.parse(one.started_at), to: one.running ? null : Date.parse(one.ended_at ?? one.known_to),
    kind: kindOf(one.verdict?.kind), title: `${range(one.started_at, one.ended_at)} ${word("verdict", one.verdict?.kind)}`,
  }));
  return { orders, trips, current, planned, driven, mayOrders, mayTrips };
}

function kindOf(verdict: string | undefined): Span["kind"] {
  if (verdict === "unapproved") return "unapproved";
  if (verdict === "undetermined") return "undetermined";
  return verdict === "emergency_pending" ? "pending" : "driven";
}
