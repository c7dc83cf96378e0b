import type { Shape } from "../api/client";
import type { ItemOf } from "../api/queries";

export type Case = Shape<"CaseWhole">;
export type CaseInList = ItemOf<"/api/v1/cases">;
export type Finding = Case["evidence"][number];
export type Reading = Finding["readings"][number];
export type Step = Case["history"][number];
export type Command = "assign" | "explain" | "confirm" | "dismiss" | "close" | "reopen" | "comment";

export const UNDECIDED = ["open", "assigned", "explained"] as const;
export const STATES = [...UNDECIDED, "confirmed", "dismissed", "closed", "withdrawn"] as const;
export const RULES = [
  "unapproved_trip", "after_hours", "holiday_use", "sealed_vehicle_moved", "outside_area", "overdue_return", "overnight_parking", "speeding",
  "odometer_gap", "unit_silent", "unit_tampered",
] as const;

/** The states behind one choice of the filter. */
export function statesOf(choice: string): readonly (typeof STATES)[number][] {
  if (choice === "todo") return UNDECIDED;
  if (choice === "decided") return ["confirmed", "dismissed"];
  return STATES.filter((state) => state === choice);
}

/** The span the evidence is shown in: the case's, half an hour more on both sides, at most 31 days. A running one ends at `now`. */
export function windowOf(one: { from: string; to: string | null }, now: number): { from: number; to: number } {
  const margin = 30 * 60_000;
  const end = one.to === null ? now : Math.min(now, Date.parse(one.to) + margin);
  const begin = Date.parse(one.from) - margin;
  return { from: Math.max(begin, end - 31 * 86_400_000 + 60_000), to: Math.max(end, begin + 60_000) };
}
