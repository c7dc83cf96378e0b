import type { Map } from "maplibre-gl";

/** Moves the map only when the vehicle leaves the middle third, so that it stands still as long as it can. */
export function keepInSight(map: Map, place: [number, number]): void {
  const at = map.project(place);
  const { clientWidth: width, clientHeight: height } = map.getContainer();
  if (Math.abs(at.x / width - 0.5) > 1 / 6 || Math.abs(at.y / height - 0.5) > 1 / 6) map.easeTo({ center: place, duration: 300 });
}
