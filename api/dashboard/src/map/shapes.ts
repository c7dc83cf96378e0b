/** A point as the API has it: WGS-84 degrees. */
export interface Point {
  lat: number;
  lon: number;
}

const METRES_PER_DEGREE = 111_320;

/** The ring of a circle on the ground as [lon, lat], closed. */
export function circleRing({ lat, lon }: Point, radiusM: number, corners = 64): [number, number][] {
  const dy = radiusM / METRES_PER_DEGREE;
  const dx = dy / Math.max(0.01, Math.cos((lat * Math.PI) / 180));
  const ring: [number, number][] = [];
  for (let i = 0; i <= corners; i++) {
    const turn = (i / corners) * 2 * Math.PI;
    ring.push([lon + dx * Math.cos(turn), lat + dy * Math.sin(turn)]);
  }
  return ring;
}

/** The ring of a border as [lon, lat], closed; fewer than three points make a line. */
export function ringOf(points: readonly Point[]): [number, number][] {
  const ring = points.map(({ lat, lon }): [number, number] => [lon, lat]);
  const [first] = ring;
  return first && ring.length > 2 ? [...ring, first] : ring;
}

/** Metres between two points in a straight line. */
export function metresBetween(a: Point, b: Point): number {
  const dy = (a.lat - b.lat) * METRES_PER_DEGREE;
  const dx = (a.lon - b.lon) * METRES_PER_DEGREE * Math.cos((((a.lat + b.lat) / 2) * Math.PI) / 180);
  return Math.hypot(dx, dy);
}

/** `25.49834, 103.80273` as people paste it, latitude first; null where it is no place of this country. */
export function readCoordinates(text: string): Point | null {
  const found = /^\s*(-?\d{1,3}(?:\.\d+)?)\s*[,,\s]\s*(-?\d{1,3}(?:\.\d+)?)\s*$/.exec(text);
  if (!found) return null;
  const [lat, lon] = [Number(found[1]), Number(found[2])];
  return lat >= 18 && lat <= 54 && lon >= 73 && lon <= 136 ? { lat, lon } : null;
}

/** How far, in pixels, each of several points that stand on one spot is drawn beside it, so that all can be seen. */
export function spread(points: readonly Point[], withinM = 80, radiusPx = 17): [number, number][] {
  const spots: { at: Point; members: number[] }[] = [];
  points.forEach((at, index) => {
    const spot = spots.find((one) => metresBetween(one.at, at) <= withinM);
    if (spot) spot.members.push(index);
    else spots.push({ at, members: [index] });
  });
  const shifts: [number, number][] = points.map(() => [0, 0]);
  for (const { members } of spots) {
    if (members.length < 2) continue;
    const radius = Math.max(radiusPx, (members.length * 26) / (2 * Math.PI));
    members.forEach((index, place) => {
      const turn = (place / members.length) * 2 * Math.PI - Math.PI / 2;
      shifts[index] = [Math.round(radius * Math.cos(turn)), Math.round(radius * Math.sin(turn))];
    });
  }
  return shifts;
}
