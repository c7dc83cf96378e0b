/** A position of a track, as the API sends it. */
export interface TrackPoint {
  observed_at: string;
  lat: number;
  lon: number;
  speed_kmh: number | null;
  heading_deg: number | null;
  odometer_km: number | null;
  ignition: boolean | null;
  plausible: boolean;
}

/** One vehicle's way. Points stand in time order; `at` are their moments in milliseconds. */
export interface Track {
  id: number;
  /** What stands in the head's disc. */
  letter: string;
  /** Which of the chart colours, 0 to 7. */
  colour: number;
  points: readonly TrackPoint[];
  at: readonly number[];
}

export function makeTrack(id: number, letter: string, colour: number, points: readonly TrackPoint[]): Track {
  const good = points.filter((point) => point.plausible);
  return { id, letter, colour, points: good, at: good.map((point) => Date.parse(point.observed_at)) };
}

/** A silence longer than this is drawn as a gap: nobody knows the way between. */
export const GAP_MS = 5 * 60_000;

/** The index of the last moment that is not after `moment`; -1 before the first. */
export function indexAt(at: readonly number[], moment: number): number {
  let [low, high] = [0, at.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((at[middle] ?? 0) <= moment) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

export interface Head {
  lon: number;
  lat: number;
  point: TrackPoint;
  /** Between two readings, further apart than a gap: where it stood last. */
  old: boolean;
}

/** Where a track stands at a moment, on the straight line between two readings; null before it begins. */
export function headAt(track: Track, moment: number): Head | null {
  const index = indexAt(track.at, moment);
  const point = track.points[index];
  if (!point) return null;
  const next = track.points[index + 1];
  const [begin, end] = [track.at[index] ?? 0, track.at[index + 1] ?? 0];
  if (!next || moment - begin < 1) return { lon: point.lon, lat: point.lat, point, old: !next && moment - begin > GAP_MS };
  if (end - begin > GAP_MS) return { lon: point.lon, lat: point.lat, point, old: moment - begin > GAP_MS };
  const part = (moment - begin) / (end - begin);
  return { lon: point.lon + (next.lon - point.lon) * part, lat: point.lat + (next.lat - point.lat) * part, point, old: false };
}

type Line = GeoJSON.Feature<GeoJSON.LineString, { colour: number; gap: 0 | 1 }>;

/** The lines of a track: whole where readings follow each other, a gap as a piece of its own. */
export function trackLines(track: Track): Line[] {
  const lines: Line[] = [];
  let run: [number, number][] = [];
  const push = (coordinates: [number, number][], gap: 0 | 1) => {
    if (coordinates.length < 2) return;
    lines.push({ type: "Feature", properties: { colour: track.colour, gap }, geometry: { type: "LineString", coordinates } });
  };
  track.points.forEach((point, index) => {
    const here: [number, number] = [point.lon, point.lat];
    const before = track.points[index - 1];
    if (before && (track.at[index] ?? 0) - (track.at[index - 1] ?? 0) > GAP_MS) {
      push(run, 0);
      push([[before.lon, before.lat], here], 1);
      run = [];
    }
    run.push(here);
  });
  push(run, 0);
  return lines;
}

/** A circle of metres around a point as a polygon. */
export function circle(lon: number, lat: number, radiusM: number): GeoJSON.Feature<GeoJSON.Polygon> {
  const ring = Array.from({ length: 49 }, (_, step) => {
    const angle = (step / 48) * 2 * Math.PI;
    const north = (radiusM * Math.cos(angle)) / 111_320;
    const east = (radiusM * Math.sin(angle)) / (111_320 * Math.cos((lat * Math.PI) / 180));
    return [lon + east, lat + north];
  });
  return { type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [ring] } };
}

/** West, south, east, north of all that is to be seen; null where there is nothing. */
export function boundsOf(places: Iterable<readonly [number, number]>): [number, number, number, number] | null {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [lon, lat] of places) {
    [west, east] = [Math.min(west, lon), Math.max(east, lon)];
    [south, north] = [Math.min(south, lat), Math.max(north, lat)];
  }
  return west === Infinity ? null : [west, south, east, north];
}
