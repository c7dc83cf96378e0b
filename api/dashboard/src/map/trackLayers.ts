import type { ExpressionSpecification, LayerSpecification, Map } from "maplibre-gl";
import type { Theme } from "../theme/tokens";
import { COLOURS } from "./style";

/** One colour a vehicle; the letter in its head says which, the colour only helps. */
export const TRACK_COLOURS: Record<Theme, readonly string[]> = {
  light: ["#0b5f63", "#7a5c99", "#b06a2c", "#5f6c77", "#1f4a94", "#7b6a14", "#8c3f5d", "#3d6b2f"],
  dark: ["#54bdb8", "#b79cd6", "#e0a064", "#93a3ae", "#8fb2f0", "#d3c25a", "#e09ab5", "#9bcf8a"],
};

const FONT = ["sans-serif"];

export function addTrackLayers(map: Map, theme: Theme): void {
  const empty: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };
  for (const name of ["rings", "lines", "marks", "heads"]) map.addSource(name, { type: "geojson", data: empty, tolerance: 0.1 });
  map.addImage("star", star(theme), { pixelRatio: 2 });
  map.addImage("arrow", arrow(theme), { pixelRatio: 2 });
  for (const layer of layers(theme)) map.addLayer(layer);
}

function layers(theme: Theme): LayerSpecification[] {
  const c = COLOURS[theme];
  const [first = c.brand, ...others] = TRACK_COLOURS[theme];
  const colour = ["match", ["get", "colour"], ...others.flatMap((one, index) => [index + 1, one]), first] as unknown as ExpressionSpecification;
  const of = (kind: string): ExpressionSpecification => ["==", ["get", "kind"], kind];
  const width: ExpressionSpecification = ["interpolate", ["linear"], ["zoom"], 8, 2, 14, 4.5];
  const round = { "line-cap": "round", "line-join": "round" } as const;
  return [
    { id: "ring", type: "fill", source: "rings", paint: { "fill-color": c.brand, "fill-opacity": 0.12 } },
    { id: "ring-edge", type: "line", source: "rings", paint: { "line-color": c.brand, "line-width": 1.5 } },
    { id: "halo", type: "line", source: "lines", filter: ["==", ["get", "gap"], 0], layout: round,
      paint: { "line-color": c.land, "line-width": ["interpolate", ["linear"], ["zoom"], 8, 4, 14, 8] } },
    { id: "line", type: "line", source: "lines", filter: ["==", ["get", "gap"], 0], layout: round,
      paint: { "line-color": colour, "line-width": width } },
    { id: "gap", type: "line", source: "lines", filter: ["==", ["get", "gap"], 1],
      paint: { "line-color": colour, "line-width": 2, "line-dasharray": [2, 2.4] } },
    { id: "mark", type: "circle", source: "marks", filter: of("reading"),
      paint: { "circle-radius": 4.5, "circle-color": c.card, "circle-stroke-color": c.red, "circle-stroke-width": 2 } },
    { id: "visit", type: "circle", source: "marks", filter: of("visit"),
      paint: { "circle-radius": 5, "circle-color": c.brand, "circle-stroke-color": c.card, "circle-stroke-width": 2 } },
    { id: "stop", type: "circle", source: "marks", filter: of("stop"),
      paint: { "circle-radius": 9, "circle-color": c.card, "circle-stroke-color": c.ink3, "circle-stroke-width": 1.5 } },
    { id: "stop-number", type: "symbol", source: "marks", filter: of("stop"),
      layout: { "text-field": ["get", "label"], "text-font": FONT, "text-size": 11, "text-allow-overlap": true }, paint: { "text-color": c.ink } },
    { id: "proof", type: "symbol", source: "marks", filter: of("proof"), layout: { "icon-image": "star", "icon-allow-overlap": true } },
    { id: "head-way", type: "symbol", source: "heads", filter: [">=", ["get", "heading"], 0],
      layout: { "icon-image": "arrow", "icon-rotate": ["get", "heading"], "icon-rotation-alignment": "map", "icon-allow-overlap": true } },
    { id: "head", type: "circle", source: "heads",
      paint: { "circle-radius": 10, "circle-color": colour, "circle-stroke-color": c.card, "circle-stroke-width": 2,
        "circle-opacity": ["case", ["==", ["get", "old"], 1], 0.55, 1] } },
    { id: "head-letter", type: "symbol", source: "heads",
      layout: { "text-field": ["get", "letter"], "text-font": FONT, "text-size": 12, "text-allow-overlap": true },
      paint: { "text-color": theme === "light" ? "#ffffff" : "#0e151a" } },
  ];
}

function canvas(size: number): CanvasRenderingContext2D {
  const made = document.createElement("canvas");
  made.width = made.height = size * 2;
  const c = made.getContext("2d", { willReadFrequently: true });
  if (!c) throw new Error("The browser draws no canvas.");
  c.scale(2, 2);
  c.translate(size / 2, size / 2);
  return c;
}

/** The reading that proves: a star of five points. */
function star(theme: Theme): ImageData {
  const c = canvas(28);
  c.beginPath();
  for (let point = 0; point < 10; point++) {
    const [angle, radius] = [(point * Math.PI) / 5 - Math.PI / 2, point % 2 === 0 ? 11 : 4.8];
    c.lineTo(radius * Math.cos(angle), radius * Math.sin(angle));
  }
  c.closePath();
  c.lineJoin = "round";
  c.lineWidth = 3;
  c.strokeStyle = COLOURS[theme].card;
  c.stroke();
  c.fillStyle = COLOURS[theme].red;
  c.fill();
  return c.getImageData(0, 0, 56, 56);
}

/** Which way a head looks: a tip outside its disc. */
function arrow(theme: Theme): ImageData {
  const c = canvas(40);
  c.beginPath();
  for (const [x, y] of [[0, -19], [6, -10], [-6, -10]] as const) c.lineTo(x, y);
  c.closePath();
  c.fillStyle = COLOURS[theme].ink;
  c.fill();
  return c.getImageData(0, 0, 80, 80);
}
