import { DAY_BEGINS_H, dayBegin, isoDay, parseLocal } from "../format/time";
import { oneOf, text, whole, type SetState, type StateOf } from "../url/useUrlState";
import type { Right } from "../session/session";

const DAY_MS = 86_400_000;

/** The parts of the page, each with the rights that open it. */
export const TABS = {
  log: ["read_audit"],
  ledger: ["read_ledger"],
  gaps: ["read_statistics", "read_trips"],
  quarantine: ["read_quarantine"],
  verify: ["read_audit"],
} as const satisfies Record<string, readonly Right[]>;
export type Tab = keyof typeof TABS;

/** Days, and numbers or codes of what is looked for; never plates, names of people or purposes. */
export const ADDRESS = {
  from: text(), to: text(), unit: text(), actor: text(), action: text(), object: text(), organ: whole(), reason: text(), vehicle: whole(),
  hour: text(), state: oneOf(["open", "resolved", "all"], "open"), driven: oneOf(["1", "0"], "1"),
};
export type Address = StateOf<typeof ADDRESS>;
export type SetAddress = SetState<typeof ADDRESS>;

/** Days of Shanghai, both included. */
export interface Days {
  from: string;
  to: string;
}

const isDay = (day: string) => /^\d{4}-\d{2}-\d{2}$/.test(day) && Number.isFinite(Date.parse(day));

/** The days of the address; where it names none, the last `usual` ones, or null for all time. */
export function daysOf({ from, to }: Days, now: number, usual: number | null): Days | null {
  if (isDay(from) && isDay(to) && from <= to) return { from, to };
  return usual === null ? null : lastDays(now, usual);
}

export const lastDays = (now: number, count: number): Days => ({ from: isoDay(now - (count - 1) * DAY_MS), to: isoDay(now) });

/** The fleet's days, which begin at 04:00. */
export const lastFleetDays = (now: number, count: number): Days => ({
  from: isoDay(dayBegin(now) - (count - 1) * DAY_MS), to: isoDay(dayBegin(now)),
});

/** Days as [from, to) for the API; the fleet's days where `fleet` says so. */
export function momentsOf(days: Days | null, fleet = false): { from?: string; to?: string } {
  if (!days) return {};
  const shift = fleet ? DAY_BEGINS_H * 3_600_000 : 0;
  return {
    from: new Date(parseLocal(days.from) + shift).toISOString(),
    to: new Date(parseLocal(days.to) + DAY_MS + shift).toISOString(),
  };
}

/** Whether the days reach into now, so that what is shown still grows. */
export const reachesNow = (days: Days | null, now: number) => days === null || parseLocal(days.to) + DAY_MS + DAY_BEGINS_H * 3_600_000 > now;
