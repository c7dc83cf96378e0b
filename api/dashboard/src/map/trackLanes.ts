import type { Answer } from "../api/queries";
import { km } from "../format/number";
import { range } from "../format/time";
import { wordOf, type Lang } from "../i18n";
import type { Curve, LaneSpan, Tone } from "../ribbon/TimeLanes";
import { GAP_MS, type TrackPoint } from "./trackFeatures";

type Order = Answer<"/api/v1/orders">["items"][number];
type Entry = Answer<"/api/v1/vehicles/{vehicle_id}/timeline">["items"][number];

/** An order permits its planned time, from when it was approved; one that waits is drawn as waiting. */
export function orderSpans(orders: readonly Order[], lang: Lang): LaneSpan[] {
  return orders
    .filter((order) => !["draft", "rejected", "cancelled"].includes(order.state))
    .map((order) => ({
      from: Date.parse(order.planned_from), to: Date.parse(order.planned_to),
      tone: order.decision === "approved" ? "order" : "pending",
      title: `${order.number ?? ""} ${range(order.planned_from, order.planned_to)} ${lang === "zh" ? order.purpose_zh : order.purpose_en}`,
    }));
}

const TONES: Record<string, Tone> = {
  unapproved: "unapproved", undetermined: "undetermined", emergency_pending: "pending", approved_with_deviation: "deviation",
};

/** Trips by their verdict and gaps; stops are the line between. */
export function drivenSpans(items: readonly Entry[], lang: Lang): LaneSpan[] {
  return items.flatMap((item): LaneSpan[] => {
    const times = { from: Date.parse(item.started_at), to: Date.parse(item.known_to) };
    if (item.kind === "stop") return [];
    if (item.kind === "gap") return [{ ...times, tone: "gap", title: `${wordOf(lang, "segment", "gap")} ${range(item.started_at, item.ended_at)}` }];
    const verdict = item.verdict?.kind;
    const word = verdict ? wordOf(lang, "verdict", verdict) : "";
    const title = `${range(item.started_at, item.ended_at)} ${km(item.distance_km)} km ${word}`;
    return [{ ...times, tone: TONES[verdict ?? ""] ?? "driven", title }];
  });
}

/** The speed along a track; a gap breaks the line. */
export function speedCurve(points: readonly TrackPoint[], label: string): Curve {
  const values: [number, number | null][] = [];
  let before = 0;
  for (const point of points) {
    if (!point.plausible) continue;
    const at = Date.parse(point.observed_at);
    if (before > 0 && at - before > GAP_MS) values.push([before + 1, null]);
    values.push([at, point.speed_kmh]);
    before = at;
  }
  return { label, unit: "km/h", points: values };
}
