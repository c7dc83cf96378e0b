import dayjs, { type Dayjs } from "dayjs";
import { dayBegin, isoDay } from "../format/time";

const DAY = "YYYY-MM-DD";

/** The fleet's day of now: it begins at 04:00 in Shanghai. */
export const fleetToday = (now: number) => isoDay(dayBegin(now));

/** The month so far where the address says nothing. */
export function periodOf(from: string, to: string, now: number): { from: string; to: string } {
  const today = fleetToday(now);
  const good = (text: string) => /^\d{4}-\d{2}-\d{2}$/.test(text) && dayjs(text).isValid();
  return good(from) && good(to) && from <= to ? { from, to } : { from: `${today.slice(0, 8)}01`, to: today };
}

export const asDays = (period: { from: string; to: string }): [Dayjs, Dayjs] => [dayjs(period.from), dayjs(period.to)];
export const asText = (days: readonly [Dayjs, Dayjs]) => ({ from: days[0].format(DAY), to: days[1].format(DAY) });

/** Periods that are asked for again and again, by the key of their word. */
export function presets(
  now: number,
): { key: "this_month" | "last_month" | "this_year" | "last_year" | "twelve_months"; days: [Dayjs, Dayjs] }[] {
  const today = dayjs(fleetToday(now));
  const month = today.startOf("month");
  const year = today.startOf("year");
  return [
    { key: "this_month", days: [month, today] },
    { key: "last_month", days: [month.subtract(1, "month"), month.subtract(1, "day")] },
    { key: "this_year", days: [year, today] },
    { key: "last_year", days: [year.subtract(1, "year"), year.subtract(1, "day")] },
    { key: "twelve_months", days: [month.subtract(11, "month"), today] },
  ];
}
