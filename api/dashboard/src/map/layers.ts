import type { ExpressionSpecification, LayerSpecification, Map } from "maplibre-gl";
import type { Lang } from "../i18n";
import type { Theme } from "../theme/tokens";
import { COLOURS, NEAR_ZOOM } from "./style";

const EMPTY: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };
const SINGLE: ExpressionSpecification = ["!", ["has", "point_count"]];
const ALONE: ExpressionSpecification = ["all", SINGLE, ["!", ["has", "n"]]];
const BUNCH: ExpressionSpecification = ["has", "point_count"];
const SIZE: ExpressionSpecification = ["interpolate", ["linear"], ["zoom"], NEAR_ZOOM, 0.55, 12, 0.85, 15, 1.1];
const FONT = ["sans-serif"];

/** The sources and layers over the base map, lowest first. */
export function addLayers(map: Map, theme: Theme, lang: Lang): void {
  map.addSource("names", { type: "geojson", data: EMPTY });
  map.addSource("chosen", { type: "geojson", data: EMPTY });
  map.addSource("fleet", {
    type: "geojson", data: EMPTY, cluster: true, clusterRadius: 44, clusterMaxZoom: 11, clusterMinPoints: 4,
    clusterProperties: { red: ["+", ["case", ["==", ["get", "a"], 3], 1, 0]] }, buffer: 32, tolerance: 0,
  });
  for (const layer of [...far(theme, lang), ...near(theme)]) map.addLayer(layer);
}

function far(theme: Theme, lang: Lang): LayerSpecification[] {
  const c = COLOURS[theme];
  const name = lang === "zh" ? "name" : "name_en";
  return [
    {
      id: "name", type: "symbol", source: "names", minzoom: NEAR_ZOOM, maxzoom: 11,
      layout: {
        "text-field": ["get", name], "text-font": FONT, "text-letter-spacing": 0.12, "text-allow-overlap": true,
        "text-size": ["interpolate", ["linear"], ["zoom"], 8, 13, 10, 17],
      },
      paint: { "text-color": c.name, "text-halo-color": c.land, "text-halo-width": 2 },
    },
    {
      id: "county", type: "symbol", source: "names", maxzoom: NEAR_ZOOM,
      layout: {
        "icon-image": "card", "icon-text-fit": "both", "icon-text-fit-padding": [2, 5, 2, 5], "text-font": FONT,
        "text-field": ["format", ["get", name], { "font-scale": 0.92 }, "\n", {}, ["to-string", ["get", "n"]], { "font-scale": 1.25 }],
        "text-size": ["interpolate", ["linear"], ["zoom"], 7.2, 12, 8, 13.5], "text-line-height": 1.2,
        "text-allow-overlap": true, "icon-allow-overlap": true,
      },
      paint: { "text-color": c.ink },
    },
    {
      id: "county-red", type: "symbol", source: "names", maxzoom: NEAR_ZOOM, filter: [">", ["get", "red"], 0],
      layout: {
        "icon-image": "pill", "icon-text-fit": "both", "icon-text-fit-padding": [1, 5, 1, 5], "text-field": ["to-string", ["get", "red"]],
        "text-font": FONT, "text-size": 12, "text-offset": [2.1, -1.6], "text-allow-overlap": true, "icon-allow-overlap": true,
      },
      paint: { "text-color": "#ffffff" },
    },
  ];
}

function near(theme: Theme): LayerSpecification[] {
  const c = COLOURS[theme];
  return [
    {
      id: "chosen", type: "circle", source: "chosen",
      paint: { "circle-radius": 17, "circle-color": c.brand, "circle-opacity": 0.14, "circle-stroke-color": c.brand, "circle-stroke-width": 2.5 },
    },
    {
      id: "ring", type: "symbol", source: "fleet", minzoom: NEAR_ZOOM, filter: ["all", SINGLE, [">", ["get", "a"], 0]],
      layout: {
        "icon-image": ["concat", "a", ["get", "a"]], "icon-allow-overlap": true, "icon-ignore-placement": true, "icon-size": SIZE,
      },
    },
    {
      id: "vehicle", type: "symbol", source: "fleet", minzoom: NEAR_ZOOM, filter: ALONE,
      layout: {
        "icon-image": ["concat", "v", ["get", "s"], ["get", "g"]], "icon-rotate": ["case", ["==", ["get", "s"], 0], ["get", "h"], 0],
        "icon-rotation-alignment": "map", "icon-allow-overlap": true, "icon-ignore-placement": true,
        "symbol-sort-key": ["-", 4, ["get", "s"]], "icon-size": SIZE,
      },
      paint: { "icon-opacity": ["case", ["==", ["get", "o"], 1], 0.55, 1] },
    },
    {
      id: "stack", type: "symbol", source: "fleet", minzoom: NEAR_ZOOM, filter: ["has", "n"],
      layout: {
        "icon-image": "card", "icon-text-fit": "both", "icon-text-fit-padding": [1, 4, 1, 4],
        "text-field": ["concat", "×", ["to-string", ["get", "n"]]],
        "text-font": FONT, "text-size": 13, "text-allow-overlap": true, "icon-allow-overlap": true, "icon-ignore-placement": true,
      },
      paint: { "text-color": c.ink },
    },
    {
      id: "cluster", type: "circle", source: "fleet", minzoom: NEAR_ZOOM, filter: BUNCH,
      paint: {
        "circle-color": c.card, "circle-stroke-width": 1.25, "circle-stroke-color": c.ink3,
        "circle-radius": ["interpolate", ["linear"], ["sqrt", ["get", "point_count"]], 2, 11, 30, 26],
      },
    },
    {
      id: "count", type: "symbol", source: "fleet", minzoom: NEAR_ZOOM, filter: BUNCH,
      layout: { "text-field": ["to-string", ["get", "point_count"]], "text-size": 12, "text-font": FONT, "text-allow-overlap": true },
      paint: { "text-color": c.ink },
    },
    {
      id: "cluster-red", type: "symbol", source: "fleet", minzoom: NEAR_ZOOM, filter: ["all", BUNCH, [">", ["get", "red"], 0]],
      layout: {
        "icon-image": "pill", "icon-text-fit": "both", "icon-text-fit-padding": [0, 3, 0, 3], "text-field": ["to-string", ["get", "red"]],
        "text-font": FONT, "text-size": 11, "text-offset": [1.4, -1.3], "text-allow-overlap": true, "icon-allow-overlap": true,
      },
      paint: { "text-color": "#ffffff" },
    },
    {
      id: "force", type: "symbol", source: "fleet", minzoom: NEAR_ZOOM, filter: ["all", ALONE, [">", ["get", "f"], 0]],
      layout: {
        "icon-image": "flag", "icon-anchor": "top", "icon-offset": [6, 5], "icon-allow-overlap": true, "icon-ignore-placement": true,
        "text-field": ["to-string", ["get", "f"]], "text-font": FONT, "text-size": 11, "text-offset": [0.65, 1.05], "text-allow-overlap": true,
        "text-ignore-placement": true,
      },
      paint: { "text-color": c.land },
    },
    {
      id: "label", type: "symbol", source: "fleet", minzoom: 13.5, filter: ALONE,
      layout: { "text-field": ["get", "p"], "text-font": FONT, "text-size": 11, "text-anchor": "top",
        "text-offset": ["case", [">", ["get", "f"], 0], ["literal", [0, 2.2]], ["literal", [0, 1.3]]], "text-optional": true,
        "symbol-sort-key": ["get", "s"] },
      paint: { "text-color": c.ink, "text-halo-color": c.land, "text-halo-width": 1.4 },
    },
  ];
}
