import { dayBegin } from "../format/time";
import { flag, oneOf, text, whole, type Param, type SetState, type StateOf } from "../url/useUrlState";

export const MOST_VEHICLES = 8;
export const SPEEDS = ["1", "5", "20", "60", "300"] as const;
export const LETTERS = "ABCDEFGH";
const DAY_MS = 86_400_000;

/** Ids joined by commas, eight at most, none twice. */
const ids: Param<readonly number[]> = {
  fallback: [],
  read: (raw) => [...new Set(raw.split(",").filter((one) => /^\d{1,10}$/.test(one)).map(Number))].slice(0, MOST_VEHICLES),
  write: (value) => value.join(","),
};

export const ADDRESS = {
  vehicles: ids, from: text(), to: text(), at: text(), speed: oneOf(SPEEDS, "60"), follow: flag(), tab: oneOf(["trips", "visits"], "trips"),
  lat: text(), lon: text(), radius: whole(),
};
export type HistoryAddress = StateOf<typeof ADDRESS>;
export type SetHistoryAddress = SetState<typeof ADDRESS>;

export interface Period {
  from: number;
  to: number;
}

const fleetDay = (text: string) => (/^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T04:00:00+08:00`) : NaN);

/** The period of the address, as moments or as first and last fleet day; today's where it says none. */
export function periodOf(address: { from: string; to: string }, now: number): Period {
  const days = [fleetDay(address.from), fleetDay(address.to) + DAY_MS] as const;
  const [from, to] = days.every(Number.isFinite) ? days : [Date.parse(address.from), Date.parse(address.to)];
  if (Number.isFinite(from) && Number.isFinite(to) && from < to) return { from, to };
  const begin = dayBegin(now);
  return { from: begin, to: begin + DAY_MS };
}

export const iso = (ms: number) => new Date(ms).toISOString();
export const tooLong = ({ from, to }: Period) => to - from > 31 * DAY_MS;
