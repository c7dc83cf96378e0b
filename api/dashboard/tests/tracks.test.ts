import { describe, expect, it } from "vitest";
import { groundWords, valueWords } from "../src/cases/grounds";
import { statesOf, windowOf } from "../src/cases/shapes";
import { stage, whyNot } from "../src/cases/steps";
import { boundsOf, circle, headAt, indexAt, makeTrack, trackLines, type TrackPoint } from "../src/map/trackFeatures";
import { momentOf, ticks, xOf } from "../src/ribbon/scale";
import { zh } from "../src/i18n/zh/grounds";
import { en } from "../src/i18n/en/grounds";

const BEGIN = Date.parse("2026-11-19T06:00:00Z");
const point = (minute: number, lon: number, more: Partial<TrackPoint> = {}): TrackPoint => ({
  observed_at: new Date(BEGIN + minute * 60_000).toISOString(), lat: 25.5, lon, speed_kmh: 40, heading_deg: null, odometer_km: null, ignition: null,
  plausible: true, ...more,
});
const track = makeTrack(1, "A", 0, [point(0, 103), point(1, 103.02), point(2, 0, { plausible: false }), point(20, 103.2), point(21, 103.22)]);

describe("a track", () => {
  it("stands between two readings, and where it was last in a silence", () => {
    expect(headAt(track, BEGIN - 1)).toBeNull();
    expect(headAt(track, BEGIN + 30_000)?.lon).toBeCloseTo(103.01);
    expect(headAt(track, BEGIN + 10 * 60_000)).toMatchObject({ lon: 103.02, old: true });
    expect(headAt(track, BEGIN + 22 * 60_000)).toMatchObject({ lon: 103.22, old: false });
    expect(headAt(track, BEGIN + 60 * 60_000)).toMatchObject({ lon: 103.22, old: true });
    expect(indexAt([1, 3, 3, 7], 3)).toBe(2);
  });
  it("is drawn whole where readings follow each other, and as a gap where nobody knows", () => {
    expect(trackLines(track).map(({ properties, geometry }) => [properties.gap, geometry.coordinates.length])).toEqual([[0, 2], [1, 2], [0, 2]]);
  });
  it("knows what is to be seen", () => {
    expect(boundsOf([])).toBeNull();
    expect(boundsOf([[103, 25], [104, 24]])).toEqual([103, 24, 104, 25]);
    const [first, quarter] = [0, 12].map((step) => circle(103, 25, 1000).geometry.coordinates[0]?.[step]);
    expect((first?.[1] ?? 0) - 25).toBeCloseTo(1000 / 111_320, 6);
    expect(((quarter?.[0] ?? 0) - 103) * 111_320 * Math.cos((25 * Math.PI) / 180)).toBeCloseTo(1000, 0);
  });
});

describe("a time axis", () => {
  const scale = { from: BEGIN, to: BEGIN + 12 * 3600_000, left: 60, width: 660 };
  it("leads from a moment to a place and back", () => {
    expect(xOf(scale, BEGIN + 6 * 3600_000)).toBe(360);
    expect(momentOf(scale, 360)).toBe(BEGIN + 6 * 3600_000);
    expect(momentOf(scale, 5)).toBe(BEGIN);
  });
  it("has round hours of Shanghai, with the date where a day begins", () => {
    const found = ticks(scale);
    expect(found.length).toBeLessThan(9);
    expect(found[0]).toEqual({ at: BEGIN, label: "14:00" });
    expect(found.find(({ at }) => at === Date.parse("2026-11-19T16:00:00Z"))?.label).toBe("11-20");
  });
});

describe("what a rule says", () => {
  const ground = (code: string, data: Record<string, unknown>) => ({ code, data, zh: "服务器的话", en: "the server's words" });
  it("has every value in its unit, Shanghai's time, and a dash for what is missing", () => {
    const above = ground("above_limit", { from: "2026-11-20T02:54:36.879+00:00", seconds: 1170, limit_dkmh: 1200, highest_dkmh: 1351 });
    expect(groundWords(above, "zh")).toBe("2026-11-20 10:54:36 起超过 120 km/h 共 20 分钟，最高 135.1 km/h");
    expect(groundWords(ground("odometer_grew_in_silence", { undocumented_m: 37_780 }), "en")).toBe("The odometer grew by 37.8 km in a silence");
    expect(groundWords(ground("no_order", {}), "zh")).toBe("— 出车，没有派车单");
    expect(groundWords(ground("of_tomorrow", {}), "en")).toBe("the server's words");
    expect(valueWords("unit_silent.parked_s", 7200, "en")).toBe("2 h 00 min");
  });
  it("names the same values in both languages", () => {
    const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1]).sort();
    for (const [code, text] of Object.entries(zh)) expect(names(en[code as keyof typeof zh]), code).toEqual(names(text));
  });
});

describe("a case", () => {
  const one = { state: "open" as const, organ_id: 7, may: ["assign"], history: [] };
  it("says why a step may not be taken", () => {
    const me = { username: "anna", organ: null };
    expect(whyNot(one, "assign", me)).toBeNull();
    expect(whyNot(one, "confirm", me)).toBe("n_wrong_state");
    expect(whyNot({ ...one, may: [] }, "dismiss", { ...me, organ: { id: 7 } })).toBe("n_own_organ");
    const explained = { command: "explain", by: "anna" } as never;
    expect(whyNot({ ...one, state: "explained", may: [], history: [explained] }, "confirm", me)).toBe("n_explained_it");
    expect(stage("dismissed")).toEqual({ done: 3, stopped: true });
  });
  it("is shown with half an hour around it, up to now where it goes on", () => {
    const now = BEGIN + 3600_000;
    expect(windowOf({ from: new Date(BEGIN).toISOString(), to: null }, now)).toEqual({ from: BEGIN - 1800_000, to: now });
    expect(statesOf("todo")).toEqual(["open", "assigned", "explained"]);
    expect(statesOf("all")).toEqual([]);
  });
});
