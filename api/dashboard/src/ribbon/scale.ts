import { clock, isoDay } from "../format/time";

export interface Scale {
  from: number;
  to: number;
  left: number;
  width: number;
}

/** Where a moment stands, held within the scale. */
export function xOf(scale: Scale, moment: number): number {
  const part = (Math.min(Math.max(moment, scale.from), scale.to) - scale.from) / (scale.to - scale.from);
  return scale.left + part * (scale.width - scale.left);
}

export function momentOf(scale: Scale, x: number): number {
  const part = Math.min(1, Math.max(0, (x - scale.left) / (scale.width - scale.left)));
  return Math.round(scale.from + part * (scale.to - scale.from));
}

const MINUTE_MS = 60_000;
const STEPS_MIN = [5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10_080];
const ZONE_MS = 8 * 3600_000;

/** Round moments of Shanghai's clock, far enough apart to be read; a day's first tick carries its date. */
export function ticks(scale: Scale, apart = 72): { at: number; label: string }[] {
  const most = Math.max(2, Math.floor((scale.width - scale.left) / apart));
  const span = scale.to - scale.from;
  const step = (STEPS_MIN.find((minutes) => span / (minutes * MINUTE_MS) <= most) ?? 10_080) * MINUTE_MS;
  const found: { at: number; label: string }[] = [];
  let day = isoDay(scale.from);
  for (let at = Math.ceil((scale.from + ZONE_MS) / step) * step - ZONE_MS; at <= scale.to; at += step) {
    const label = isoDay(at) === day && step < 1440 * MINUTE_MS ? clock(at) : isoDay(at).slice(5);
    day = isoDay(at);
    found.push({ at, label });
  }
  return found;
}
