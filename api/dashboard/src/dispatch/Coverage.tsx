import { lazy, Suspense, useMemo } from "react";
import { useT } from "../i18n";
import type { Mark } from "../map/placeMarks";
import { circleRing } from "../map/shapes";
import type { Member, Task } from "./model";

const PlaceMap = lazy(() => import("../map/PlaceMap").then(({ PlaceMap: made }) => ({ default: made })));
const MOST = 300;

/** The place with its circle, and every vehicle of the task where it is now: shape and letter say how far it has come. */
export function Coverage({ task, members }: { task: Task; members: readonly Member[] }) {
  const t = useT("dispatch");
  const marks = useMemo<Mark[]>(() => {
    const made: Mark[] = [
      { key: "place", lat: task.place.lat, lon: task.place.lon, label: t("place_mark"), title: task.place.name, look: "to" },
    ];
    for (const one of members.filter((each) => each.state !== "released").slice(0, MOST)) {
      if (one.lat === null || one.lon === null) continue;
      made.push({
        key: String(one.vehicle_id),
        lat: one.lat,
        lon: one.lon,
        label: "",
        title: `${one.plate} ${t(`roster_${one.state}`)}`,
        look: `member ${one.state}`,
      });
    }
    return made;
  }, [task, members]);
  const rings = useMemo(
    () => [{ key: "place", ring: circleRing(task.place, task.radius_m), strong: true }],
    [task.place.lat, task.place.lon, task.radius_m],
  );
  return (
    <div className="order-map">
      <Suspense fallback={<div className="mapbox" />}>
        <PlaceMap marks={marks} rings={rings} fit={`${task.id}:${members.length > 0}`} />
      </Suspense>
    </div>
  );
}
