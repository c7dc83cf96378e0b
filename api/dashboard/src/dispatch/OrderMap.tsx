import { lazy, Suspense, useMemo } from "react";
import { useT } from "../i18n";
import { fleet } from "../live/fleet";
import type { Mark } from "../map/placeMarks";
import { spread } from "../map/shapes";
import type { Order } from "./model";
import type { TimelineRow } from "./Timeline";

const PlaceMap = lazy(() => import("../map/PlaceMap").then(({ PlaceMap: made }) => ({ default: made })));

/** Where it goes from and to, and where those are who might go, numbered as in the list. */
export function OrderMap({
  order,
  rows,
  chosen,
  hover,
  tick,
  onChoose,
}: {
  order: Order;
  rows: readonly TimelineRow[];
  chosen: number | null;
  hover: number | null;
  tick: number;
  onChoose?: ((id: number) => void) | undefined;
}) {
  const t = useT("dispatch");
  const marks = useMemo<Mark[]>(() => {
    const made: Mark[] = [
      { key: "from", ...order.origin, label: t("from_mark"), title: `${t("origin")} ${order.origin.name}`, look: "from" },
    ];
    order.destinations.forEach((one, index) => {
      const several = order.destinations.length > 1 ? String(index + 1) : "";
      made.push({
        key: `to${index}`,
        ...one,
        label: `${t("to_mark")}${several}`,
        title: `${t("destination")} ${one.name}`,
        look: "to",
        aside: onChoose !== undefined,
      });
    });
    const placed = rows.flatMap((row) => {
      const live = fleet.vehicles.get(row.id)?.item;
      return live?.plausible ? [{ row, lat: live.lat, lon: live.lon }] : [];
    });
    const shifts = spread([order.origin, ...placed]);
    placed.forEach(({ row, lat, lon }, index) => {
      const look = `candidate ${row.id === chosen ? "chosen" : ""} ${row.id === hover ? "hover" : ""}`;
      const click = onChoose ? { onClick: () => onChoose(row.id) } : {};
      const shift = shifts[index + 1] ?? [0, 0];
      made.push({
        key: String(row.id),
        lat,
        lon,
        label: row.rank === null ? row.plate.slice(2) : String(row.rank),
        title: row.plate,
        look,
        shift,
        ...click,
      });
    });
    return made;
  }, [order, rows, chosen, hover, tick, onChoose]);
  return (
    <div className="order-map">
      <Suspense fallback={<div className="mapbox" />}>
        <PlaceMap marks={marks} fit={`${order.id}:${rows.length > 0}`} />
      </Suspense>
    </div>
  );
}
