import { dayTime, isoDay, parseLocal } from "../format/time";

export const TOKENS = "/api/v1/auth/tokens";
const DAY_MS = 86_400_000;

/** Days from and to (both included, of Shanghai) as the API takes them: `to` is the moment after the last. */
export function periodOf(from: string | null | undefined, to: string | null | undefined): { from?: string; to?: string } {
  return {
    ...(from ? { from: new Date(parseLocal(from)).toISOString() } : {}),
    ...(to ? { to: new Date(parseLocal(to) + DAY_MS).toISOString() } : {}),
  };
}

/** `2026-01-01 – 2026-03-31`; an end that is open stays away; with the time where it is not that of a whole day. */
export function periodWords(from: string | null, to: string | null): string {
  const whole = [from, to].every((one) => one === null || dayTime(one).endsWith(" 00:00"));
  const begin = from === null ? "" : whole ? isoDay(from) : dayTime(from);
  const end = to === null ? "" : whole ? isoDay(Date.parse(to) - 1) : dayTime(to);
  return `${begin} – ${end}`.trim();
}
