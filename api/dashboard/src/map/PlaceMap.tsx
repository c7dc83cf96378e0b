import { LngLatBounds, Map, setWorkerUrl, type GeoJSONSource } from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { useTheme } from "../theme/useTheme";
import { FONT } from "../theme/tokens";
import { MapFrame } from "./MapFrame";
import { drawn, markerOf, type Mark, type Ring } from "./placeMarks";
import { baseStyle, CITY, COLOURS } from "./style";
import type { Point } from "./shapes";

setWorkerUrl(workerUrl);

interface Props {
  marks: readonly Mark[];
  rings?: readonly Ring[];
  /** Where this changes the map shows everything that is on it. */
  fit: string;
  onPoint?: (at: Point) => void;
  onRing?: (key: string) => void;
  children?: ReactNode;
}

/** Places, not the live fleet: numbered marks and areas. Loaded lazily, for the map's library is large. */
export function PlaceMap({ marks, rings = [], fit, onPoint, onRing, children }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [map, setMap] = useState<Map | null>(null);
  const theme = useTheme();
  const latest = useRef({ onPoint, onRing });
  latest.current = { onPoint, onRing };
  const view = useRef<{ center: [number, number]; zoom: number } | null>(null);

  useEffect(() => {
    if (!box.current) return;
    const begin = view.current ?? { bounds: CITY, fitBoundsOptions: { padding: 16 } };
    const made = new Map({
      container: box.current,
      style: baseStyle(theme),
      ...begin,
      minZoom: 6.5,
      maxZoom: 18,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      fadeDuration: 0,
      localIdeographFontFamily: FONT,
    });
    made.touchZoomRotate.disableRotation();
    made.on("load", () => {
      made.addSource("rings", { type: "geojson", data: drawn([]) });
      const { brand } = COLOURS[theme];
      const width = ["case", ["get", "strong"], 2.5, 1.25] as unknown as number;
      const opacity = ["case", ["get", "strong"], 0.22, 0.1] as unknown as number;
      made.addLayer({ id: "ring-fill", type: "fill", source: "rings", paint: { "fill-color": brand, "fill-opacity": opacity } });
      made.addLayer({ id: "ring-line", type: "line", source: "rings", paint: { "line-color": brand, "line-width": width } });
      made.on("click", (event) => {
        const [hit] = latest.current.onRing ? made.queryRenderedFeatures(event.point, { layers: ["ring-fill"] }) : [];
        if (hit && !latest.current.onPoint) latest.current.onRing?.(String(hit.properties["key"]));
        else latest.current.onPoint?.({ lat: event.lngLat.lat, lon: event.lngLat.lng });
      });
      made.on("moveend", () => {
        const { lng, lat } = made.getCenter();
        view.current = { center: [lng, lat], zoom: made.getZoom() };
      });
      setMap(made);
    });
    const size = new ResizeObserver(() => made.resize());
    size.observe(box.current);
    return () => {
      size.disconnect();
      setMap(null);
      made.remove();
    };
  }, [theme]);

  useEffect(() => {
    if (!map) return;
    const made = marks.map((mark) => markerOf(mark).addTo(map));
    return () => made.forEach((one) => one.remove());
  }, [map, marks]);

  useEffect(() => {
    void (map?.getSource("rings") as GeoJSONSource | undefined)?.setData(drawn(rings));
  }, [map, rings]);

  useEffect(() => {
    const bounds = new LngLatBounds();
    for (const { lon, lat, aside } of marks) if (!aside) bounds.extend([lon, lat]);
    for (const { ring } of rings) for (const at of ring) bounds.extend(at as [number, number]);
    if (map && !bounds.isEmpty()) map.fitBounds(bounds, { padding: 44, maxZoom: 14, duration: 0 });
  }, [map, fit]);

  return (
    <MapFrame
      box={box}
      onZoom={(step) => (step > 0 ? map?.zoomIn() : map?.zoomOut())}
      onWhole={() => map?.fitBounds(CITY, { padding: 16, duration: 300 })}
    >
      {children}
    </MapFrame>
  );
}
