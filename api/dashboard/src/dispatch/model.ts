import type { Shape } from "../api/client";
import { clock, fleetDay, isoDay, parseLocal } from "../format/time";

export type Order = Shape<"OrderShown">;
export type OrderState = Order["state"];
export type Candidate = Shape<"VehicleCandidate">;
export type DriverOffer = Shape<"DriverOffer">;
export type Task = Shape<"TaskShown">;
export type TaskHead = Shape<"TaskHead">;
export type Member = Shape<"Member">;
export type PlaceForm = { name: string; lat?: number | null; lon?: number | null; area_id?: number | null };

export const TABS = ["approve", "assign", "road", "tasks", "all"] as const;
export type Tab = (typeof TABS)[number];

/** The way of an order; `STEP_OF` says how much of it is done in a state. */
export const STEPS = ["apply", "approve", "assign", "depart", "return", "settle"] as const;
const STEP_OF: Record<Order["state"], number> = {
  draft: 0,
  submitted: 1,
  rejected: 1,
  approved: 2,
  assigned: 3,
  departed: 4,
  returned: 5,
  settled: 6,
  cancelled: 0,
};

export const stepsDone = (order: Order) => (order.state === "cancelled" && order.submitted_at ? 1 : STEP_OF[order.state]);
export const stopped = (order: Order) => order.state === "rejected" || order.state === "cancelled";

/** What is most pressing comes first: emergencies, then by the planned beginning. */
export function byUrgency(a: Order, b: Order): number {
  return Number(b.emergency) - Number(a.emergency) || Date.parse(a.planned_from) - Date.parse(b.planned_from) || a.id - b.id;
}

/** Driven first, not approved yet. */
export const approvedLater = (order: Order) => order.emergency && order.decision === "pending" && stepsDone(order) > 2;

export type Wait =
  | { kind: "approval"; untilMs: number }
  | { kind: "overdue" }
  | { kind: "late"; sinceMs: number }
  | { kind: "waits"; sinceMs: number }
  | { kind: "none" };

/** What a row says about time: how long an emergency has for its approval, what is late, since when something waits. */
export function waitOf(order: Order, now: number): Wait {
  if (order.overdue) return { kind: "overdue" };
  if (order.decision === "pending" && order.approve_by) return { kind: "approval", untilMs: Date.parse(order.approve_by) };
  const [begin, end] = [Date.parse(order.planned_from), Date.parse(order.planned_to)];
  if (order.emergency && order.state === "submitted" && order.submitted_at)
    return { kind: "waits", sinceMs: Date.parse(order.submitted_at) };
  if (order.state === "departed" && now > end) return { kind: "late", sinceMs: end };
  if (["submitted", "approved", "assigned"].includes(order.state) && now > begin) return { kind: "late", sinceMs: begin };
  if (order.state === "submitted" && order.submitted_at) return { kind: "waits", sinceMs: Date.parse(order.submitted_at) };
  if (order.state === "approved" && order.decided_at) return { kind: "waits", sinceMs: Date.parse(order.decided_at) };
  return { kind: "none" };
}

export const pendingAmendment = (order: Order) => order.amendments.find((one) => one.decision === "pending");

/** Steps of an order that are offered as buttons, in their order; `next` of the answer says which are open. */
export const ACTIONS = [
  "submit",
  "approve",
  "reject",
  "approve_amendment",
  "reject_amendment",
  "withdraw_amendment",
  "depart",
  "return",
  "settle",
  "correct",
  "amend",
  "edit",
  "cancel",
] as const;
export type Action = (typeof ACTIONS)[number];
/** A departure is asked for where one is missing, or where only the track knows of it. */
const toDepart = (order: Order) =>
  order.vehicles.some((one) => one.departed_at === null || (one.departure_source === "road" && one.returned_at === null));
export const open = (order: Order) => ACTIONS.filter((one) => order.next.includes(one) && (one !== "depart" || toDepart(order)));
/** These are said with a reason; the others may be. */
export const NEEDS_WHY: ReadonlySet<Action> = new Set(["reject", "reject_amendment", "amend", "correct"]);

export function stepPath(order: Order, action: Action | "assign"): string {
  const amendment = pendingAmendment(order)?.number ?? 0;
  const [verb, of] = action.split("_");
  return of === "amendment" ? `/api/v1/orders/${order.id}/amendments/${amendment}/${verb}` : `/api/v1/orders/${order.id}/${action}`;
}

const HOUR_MS = 3600_000;
const MOST_MS = 48 * HOUR_MS;

/** The timeline's span in milliseconds: 06:00 to 22:00 of the day, and further where the window goes further (two days at most). */
export function deskSpan(window: { from: number; to: number }): { from: number; to: number } {
  const day = isoDay(window.from);
  const from = Math.min(parseLocal(`${day} 06:00`), Math.floor(window.from / HOUR_MS) * HOUR_MS);
  const to = Math.max(parseLocal(`${day} 22:00`), Math.ceil(window.to / HOUR_MS) * HOUR_MS);
  return { from, to: Math.min(to, from + MOST_MS) };
}

/** Full even hours of a span for its head, at most about ten: where each stands, in percent, and its hour. */
export function deskHours(span: { from: number; to: number }): { at: number; hour: string }[] {
  const hours = (span.to - span.from) / HOUR_MS;
  const step = hours <= 20 ? 2 : hours <= 30 ? 3 : 6;
  const first = Math.ceil(Number(clock(span.from).slice(0, 2)) / step) * step - Number(clock(span.from).slice(0, 2));
  return Array.from({ length: Math.floor((hours - first) / step) + 1 }, (_, index) => {
    const past = first + index * step;
    return { at: (past / hours) * 100, hour: clock(span.from + past * HOUR_MS).slice(0, 2) };
  });
}

/** Where a window lies in a span, in percent; null where it lies outside. */
export function bar(from: number, to: number, span: { from: number; to: number }): { left: number; width: number } | null {
  const [begin, end] = [Math.max(from, span.from), Math.min(to, span.to)];
  if (begin >= end) return null;
  const whole = span.to - span.from;
  return { left: ((begin - span.from) / whole) * 100, width: ((end - begin) / whole) * 100 };
}

/** Whether another window lies in the way. */
export const overlaps = (a: { from: number; to: number }, b: { from: number; to: number }) => a.from < b.to && b.from < a.to;

export const today = (now: number) => fleetDay(now);

/** What each slot of a list counts that may be shown instead of it. */
export const isoOf = (wall: string) => new Date(parseLocal(wall)).toISOString();
/** `2026-11-23 14:05` of a moment, for a form. */
export const wallOf = (moment: string | number) => {
  const at = new Date((typeof moment === "number" ? moment : Date.parse(moment)) + 8 * 3600_000).toISOString();
  return `${at.slice(0, 10)} ${at.slice(11, 16)}`;
};
