import type { Map } from "maplibre-gl";
import { fleet, type Vehicle } from "../live/fleet";
import { tally, type County } from "./counties";

type Point = GeoJSON.Feature<GeoJSON.Point>;

export const collection = (features: Point[]): GeoJSON.FeatureCollection => ({ type: "FeatureCollection", features });

/** s state, h heading, g energy group, a worst open case, p label, o old. */
export function pointOf({ id, item, state, nev }: Vehicle): Point {
  const properties = {
    s: state, h: item.heading_deg ?? 0, g: nev ? "n" : "f", a: fleet.severities.get(id) ?? 0,
    p: `${item.plate.slice(0, 2)} ${item.plate.slice(2)}`, o: state === 3 ? 1 : 0,
  };
  return { type: "Feature", id, properties, geometry: { type: "Point", coordinates: [item.lon, item.lat] } };
}

/** What passes the filter in view and 30 % around it: the map is handed nothing that it would not draw. */
export function inView(map: Map, filter: (vehicle: Vehicle) => boolean): Point[] {
  const bounds = map.getBounds();
  const [dx, dy] = [(bounds.getEast() - bounds.getWest()) * 0.3, (bounds.getNorth() - bounds.getSouth()) * 0.3];
  const [west, east, south, north] = [bounds.getWest() - dx, bounds.getEast() + dx, bounds.getSouth() - dy, bounds.getNorth() + dy];
  const points: Point[] = [];
  for (const vehicle of fleet.vehicles.values()) {
    const { lon, lat, plausible } = vehicle.item;
    if (!plausible || lon < west || lon > east || lat < south || lat > north || !filter(vehicle)) continue;
    points.push(pointOf(vehicle));
  }
  return points;
}

/** Where each county's card stands, with its figures. */
export function countyPoints(counties: readonly County[]): Point[] {
  const counts = tally();
  return counties.map(({ code, zh, en, label }) => {
    const { onRoad: n, red } = counts.get(code) ?? { onRoad: 0, red: 0 };
    return { type: "Feature", properties: { code, name: zh, name_en: en, n, red }, geometry: { type: "Point", coordinates: label } };
  });
}
