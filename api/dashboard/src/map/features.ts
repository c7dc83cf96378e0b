import type { Map as Drawn } from "maplibre-gl";
import { fleet, type Vehicle } from "../live/fleet";
import { tally, type County } from "./counties";

type Point = GeoJSON.Feature<GeoJSON.Point>;

export const collection = (features: Point[]): GeoJSON.FeatureCollection => ({ type: "FeatureCollection", features });

/** s state, h heading, g energy group, a worst open case, f number of its task force, p label, o old. */
export function pointOf({ id, item, state, nev }: Vehicle): Point {
  const properties = {
    s: state, h: item.heading_deg ?? 0, g: nev ? "n" : "f", a: fleet.severities.get(id) ?? 0,
    f: fleet.forces.get(id) ?? 0,
    p: `${item.plate.slice(0, 2)} ${item.plate.slice(2)}`, o: state === 3 ? 1 : 0,
  };
  return { type: "Feature", id, properties, geometry: { type: "Point", coordinates: [item.lon, item.lat] } };
}

/** From here on vehicles that lie upon each other are drawn as one stack with their number. */
const STACK_ZOOM = 15.5;
const STACK_PX = 12;

/** One point for all that lie within a few pixels: n how many, m their ids. */
function stacked(points: Point[], zoom: number): Point[] {
  const degrees = (STACK_PX * 360) / (512 * 2 ** zoom);
  const cells = new Map<string, Point[]>();
  for (const point of points) {
    const [lon = 0, lat = 0] = point.geometry.coordinates;
    const cell = `${Math.round(lon / degrees)},${Math.round(lat / degrees)}`;
    const there = cells.get(cell);
    if (there) there.push(point);
    else cells.set(cell, [point]);
  }
  return [...cells.values()].map((there) => {
    const [first] = there as [Point];
    if (there.length === 1) return first;
    const worst = Math.max(...there.map((one) => Number(one.properties?.["a"])));
    const ids = there.map((one) => one.id).join(",");
    return { ...first, properties: { ...first.properties, a: worst, n: there.length, m: ids } };
  });
}

/** What passes the filter in view and 30 % around it: the map is handed nothing that it would not draw. */
export function inView(map: Drawn, filter: (vehicle: Vehicle) => boolean): Point[] {
  const bounds = map.getBounds();
  const [dx, dy] = [(bounds.getEast() - bounds.getWest()) * 0.3, (bounds.getNorth() - bounds.getSouth()) * 0.3];
  const [west, east, south, north] = [bounds.getWest() - dx, bounds.getEast() + dx, bounds.getSouth() - dy, bounds.getNorth() + dy];
  const points: Point[] = [];
  for (const vehicle of fleet.vehicles.values()) {
    const { lon, lat, plausible } = vehicle.item;
    if (!plausible || lon < west || lon > east || lat < south || lat > north || !filter(vehicle)) continue;
    points.push(pointOf(vehicle));
  }
  return map.getZoom() < STACK_ZOOM ? points : stacked(points, map.getZoom());
}

/** Where each county's card stands, with its figures. */
export function countyPoints(counties: readonly County[]): Point[] {
  const counts = tally();
  return counties.map(({ code, zh, en, label }) => {
    const { onRoad: n, red } = counts.get(code) ?? { onRoad: 0, red: 0 };
    return { type: "Feature", properties: { code, name: zh, name_en: en, n, red }, geometry: { type: "Point", coordinates: label } };
  });
}
