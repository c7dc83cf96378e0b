import type { Mark } from "../map/TrackMap";
import type { Entry } from "./queries";

/** The begins of stops, in time order. */
export function stopsOf(items: readonly Entry[]): number[] {
  return items.filter((item) => item.kind === "stop").map((item) => Date.parse(item.started_at)).sort((a, b) => a - b);
}

/** The next of these moments after `now`, or the last before it; null where there is none. */
export function beside(moments: readonly number[], now: number, step: 1 | -1): number | null {
  let best: number | null = null;
  for (const moment of moments) {
    if (step === 1 ? moment <= now : moment >= now) continue;
    if (best === null || (step === 1 ? moment < best : moment > best)) best = moment;
  }
  return best;
}

/** Stops on the map with the numbers they have in the list; each vehicle counts its own. */
export function stopMarks(items: readonly Entry[]): Mark[] {
  const counted = new Map<number, number>();
  return items.flatMap((item) => {
    if (item.kind !== "stop") return [];
    const number = (counted.get(item.vehicle_id) ?? 0) + 1;
    counted.set(item.vehicle_id, number);
    const { lat, lon } = item.place;
    return [{ id: `${item.id}:${Date.parse(item.started_at)}`, lat, lon, kind: "stop" as const, label: String(number) }];
  });
}
