import { Marker } from "maplibre-gl";
import type { Point } from "./shapes";

/** One thing on the map, drawn as an element: reachable by the keyboard where it does something. */
export interface Mark extends Point {
  key: string;
  label: string;
  title: string;
  /** Class names of its look: `from`, `to`, `candidate`, `chosen`, `vehicle`, `corner`. */
  look: string;
  /** Left aside when the map is fitted to what is on it. */
  aside?: boolean;
  /** Pixels beside its place, where several stand on one. */
  shift?: [number, number];
  onClick?: () => void;
  onMoved?: (to: Point) => void;
}

export interface Ring {
  key: string;
  /** [lon, lat], closed. */
  ring: readonly [number, number][];
  strong?: boolean;
}

/** Rings as the map's source takes them. */
export function drawn(rings: readonly Ring[]): GeoJSON.FeatureCollection {
  const features = rings.map(({ key, ring, strong }): GeoJSON.Feature => ({
    type: "Feature",
    properties: { key, strong: strong === true },
    geometry:
      ring.length > 3 ? { type: "Polygon", coordinates: [ring as [number, number][]] } : { type: "LineString", coordinates: [...ring] },
  }));
  return { type: "FeatureCollection", features };
}

/** A mark as an element of the page, so that the keyboard and a reader of the screen reach it. */
export function markerOf({ lat, lon, label, title, look, shift, onClick, onMoved }: Mark): Marker {
  const element = document.createElement(onClick ? "button" : "span");
  element.className = `place-mark ${look}`;
  element.textContent = label;
  element.title = title;
  element.setAttribute("aria-label", title);
  if (!onClick) element.setAttribute("role", "img");
  if (onClick)
    element.addEventListener("click", (event) => {
      event.stopPropagation();
      onClick();
    });
  const marker = new Marker({ element, draggable: onMoved !== undefined, offset: shift ?? [0, 0] }).setLngLat([lon, lat]);
  if (onMoved)
    marker.on("dragend", () => {
      const at = marker.getLngLat();
      onMoved({ lat: at.lat, lon: at.lng });
    });
  return marker;
}
