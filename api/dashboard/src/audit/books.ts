import { clock, isoDay } from "../format/time";

interface Counts {
  received: number;
  stored: number;
  duplicate: number;
  quarantined: number;
}

/** Anything but 0 is a fault. */
export const differenceOf = (of: Counts) => of.received - of.stored - of.duplicate - of.quarantined;

/** `11-23 14:00–15:00`: an hour of Shanghai's clock. */
export const hourWords = (hour: string) => {
  const end = clock(Date.parse(hour) + HOUR_MS);
  return `${isoDay(hour).slice(5)} ${clock(hour)}–${end === "00:00" ? "24:00" : end}`;
};

const HOUR_MS = 3_600_000;

/** One cell of the strip: an hour of Shanghai's clock on one day. */
export interface Cell<T> {
  hour: number;
  of: T | null;
}
export interface StripDay<T> {
  day: string;
  cells: readonly Cell<T>[];
}

/** A row for each day from the first to the last, the newest at the top, with all of its 24 hours. */
export function stripDays<T extends { hour: string }>(hours: readonly T[], from: string, to: string): StripDay<T>[] {
  const byHour = new Map(hours.map((one) => [Date.parse(one.hour), one]));
  const days: StripDay<T>[] = [];
  const begin = Date.parse(`${from}T00:00:00+08:00`);
  for (let at = Date.parse(`${to}T00:00:00+08:00`); at >= begin; at -= 24 * HOUR_MS) {
    const cells = Array.from({ length: 24 }, (_, index) => ({ hour: at + index * HOUR_MS, of: byHour.get(at + index * HOUR_MS) ?? null }));
    days.push({ day: isoDay(at), cells });
  }
  return days;
}

/** How dark a cell is, 0.12 to 1: by the root, so that quiet hours are seen beside full ones. */
export const shade = (received: number, most: number) => (received === 0 || most === 0 ? 0 : 0.12 + 0.88 * Math.sqrt(received / most));
