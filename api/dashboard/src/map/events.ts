import type { GeoJSONSource, Map, MapMouseEvent } from "maplibre-gl";

/** Symbols that lie closer than this cannot be told apart by a click. */
const NEAR_PX = 5;

export interface MapEvents {
  onPick: (id: number) => void;
  /** Several that lie upon each other, at a point of the box. */
  onStack: (ids: readonly number[], x: number, y: number) => void;
  onCounty: (code: number) => void;
  onMoved: (at: [number, number, number]) => void;
  onHover: (id: number | null, x: number, y: number) => void;
  /** The person has dragged: following ends. */
  onDrag: () => void;
}

/** Ties the map's gestures to what the page does. */
export function listen(map: Map, events: MapEvents, goTo: (at: [number, number], zoom: number) => void, draw: () => void): void {
  const idAt = (event: MapMouseEvent & { features?: { id?: string | number | undefined }[] }) => Number(event.features?.[0]?.id);
  map.on("click", "vehicle", (event) => {
    const { x, y } = event.point;
    const near = map.queryRenderedFeatures([[x - NEAR_PX, y - NEAR_PX], [x + NEAR_PX, y + NEAR_PX]], { layers: ["vehicle"] });
    const ids = [...new Set(near.map((one) => Number(one.id)))];
    if (ids.length > 1) events.onStack(ids, x, y);
    else events.onPick(idAt(event));
  });
  map.on("click", "stack", (event) => {
    const members = String(event.features?.[0]?.properties["m"]).split(",").map(Number);
    events.onStack(members, event.point.x, event.point.y);
  });
  map.on("click", "county", (event) => events.onCounty(Number(event.features?.[0]?.properties["code"])));
  map.on("click", "cluster", (event) => {
    const found = event.features?.[0];
    if (!found) return;
    const at = (found.geometry as GeoJSON.Point).coordinates as [number, number];
    const source = map.getSource("fleet") as GeoJSONSource;
    void source.getClusterExpansionZoom(Number(found.properties["cluster_id"])).then((zoom) => goTo(at, zoom + 0.3));
  });
  map.on("mousemove", "vehicle", (event) => events.onHover(idAt(event), event.point.x, event.point.y));
  map.on("mouseleave", "vehicle", () => events.onHover(null, 0, 0));
  for (const layer of ["vehicle", "cluster", "county", "stack"]) {
    map.on("mouseenter", layer, () => (map.getCanvas().style.cursor = "pointer"));
    map.on("mouseleave", layer, () => (map.getCanvas().style.cursor = ""));
  }
  map.on("dragstart", events.onDrag);
  map.on("moveend", () => {
    draw();
    const { lng, lat } = map.getCenter();
    events.onMoved([lng, lat, map.getZoom()]);
  });
}
