import { fleet } from "../live/fleet";

export interface County {
  code: number;
  zh: string;
  en: string;
  label: [number, number];
}

let known: Promise<{ counties: County[]; attribution: string }> | null = null;

/** The nine counties with their names and where these are written. */
export function readCounties(): Promise<{ counties: County[]; attribution: string }> {
  known ??= fetch("/api/v1/divisions")
    .then((answer) => answer.json() as Promise<GeoJSON.FeatureCollection & { attribution: string }>)
    .then((found) => ({
      attribution: found.attribution,
      counties: found.features.map(({ properties }) => ({
        code: Number(properties?.["adcode"]),
        zh: String(properties?.["name"]),
        en: String(properties?.["name_en"]),
        label: properties?.["label"] as [number, number],
      })),
    }));
  known.catch(() => {
    known = null;
  });
  return known;
}

export interface Tally {
  onRoad: number;
  silent: number;
  red: number;
}

/** Vehicles on the road, silent ones and red cases by the county a vehicle is in (0 = outside the city). */
export function tally(): Map<number, Tally> {
  const found = new Map<number, Tally>();
  for (const { id, item, state } of fleet.vehicles.values()) {
    const code = item.division ?? 0;
    let one = found.get(code);
    if (!one) found.set(code, (one = { onRoad: 0, silent: 0, red: 0 }));
    if (state < 2) one.onRoad += 1;
    if (state === 3) one.silent += 1;
    if (fleet.severities.get(id) === 3) one.red += 1;
  }
  return found;
}
