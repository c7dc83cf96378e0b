import type { StyleSpecification } from "maplibre-gl";
import type { Theme } from "../theme/tokens";
import roadsUrl from "../../geo/roads.json?url";

/** From here on single vehicles, below nine county cards. */
export const NEAR_ZOOM = 8.4;
export const CITY: [[number, number], [number, number]] = [[102.68, 24.32], [104.85, 27.06]];

export const COLOURS = {
  light: {
    land: "#fbfbf8", alternate: "#f3f5f1", outside: "#dfe5ea", border: "#8fa0ad", road: "#d5cdbb", road2: "#e4dfd2", name: "#5b6872",
    card: "#ffffff", cardLine: "#c9d1d8", ink: "#17222b", ink3: "#5f6c77", brand: "#0b5f63", nev: "#14724a", fuel: "#43566a",
    red: "#b8241a", yellow: "#f0b000", yellowInk: "#7d5200", blue: "#1d5fc4",
  },
  dark: {
    land: "#18232a", alternate: "#1b2830", outside: "#0e151a", border: "#50636f", road: "#3c4a50", road2: "#2d3940", name: "#a5b5bf",
    card: "#22313a", cardLine: "#3a4b56", ink: "#e6edf2", ink3: "#93a3ae", brand: "#54bdb8", nev: "#59c98f", fuel: "#a9bccd",
    red: "#ff8073", yellow: "#ffc83d", yellowInk: "#ffc83d", blue: "#86b4ff",
  },
} as const;

const ALTERNATE = [530302, 530322, 530325, 530326];

export function baseStyle(theme: Theme): StyleSpecification {
  const c = COLOURS[theme];
  return {
    version: 8,
    sources: { counties: { type: "geojson", data: "/api/v1/divisions" }, roads: { type: "geojson", data: roadsUrl } },
    layers: [
      { id: "outside", type: "background", paint: { "background-color": c.outside } },
      {
        id: "land", type: "fill", source: "counties",
        // The border's line covers the edge; smoothing it would draw all outlines twice.
        paint: { "fill-antialias": false, "fill-color": ["match", ["to-number", ["get", "adcode"]], ALTERNATE, c.alternate, c.land] },
      },
      {
        id: "road2", type: "line", source: "roads", minzoom: 8, filter: ["!=", ["get", "class"], "trunk"],
        paint: { "line-color": c.road2, "line-width": ["interpolate", ["linear"], ["zoom"], 8, 0.6, 12, 2.4] },
      },
      {
        id: "road1", type: "line", source: "roads", filter: ["==", ["get", "class"], "trunk"],
        paint: { "line-color": c.road, "line-width": ["interpolate", ["linear"], ["zoom"], 7, 1, 12, 4] },
      },
      {
        id: "border", type: "line", source: "counties",
        paint: { "line-color": c.border, "line-width": ["interpolate", ["linear"], ["zoom"], 7, 1, 12, 2] },
      },
    ],
  };
}
