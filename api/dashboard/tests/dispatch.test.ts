import { describe, expect, it } from "vitest";
import { ACTIONS, bar, byUrgency, deskHours, deskSpan, open, stepPath, stepsDone, waitOf, wallOf, isoOf, type Order } from "../src/dispatch/model";
import { bodyOf, fresh } from "../src/dispatch/orderValues";
import { circleRing, metresBetween, readCoordinates, ringOf, spread } from "../src/map/shapes";

const at = (text: string) => `2026-11-23T${text}:00+08:00`;
const ms = (text: string) => Date.parse(at(text));
const order = (values: Partial<Order>): Order =>
  ({
    id: 7, state: "submitted", emergency: false, overdue: false, decision: "pending", approve_by: null, submitted_at: at("08:00"), decided_at: null,
    planned_from: at("14:00"), planned_to: at("18:00"), next: [], vehicles: [], amendments: [], ...values,
  }) as unknown as Order;

describe("what a row says about time", () => {
  it("counts the waiting until the planned beginning, from then on it is late", () => {
    expect(waitOf(order({}), ms("09:00"))).toEqual({ kind: "waits", sinceMs: ms("08:00") });
    expect(waitOf(order({}), ms("14:01"))).toEqual({ kind: "late", sinceMs: ms("14:00") });
    expect(waitOf(order({ state: "departed", decision: "approved" }), ms("17:00"))).toEqual({ kind: "none" });
    expect(waitOf(order({ state: "departed", decision: "approved" }), ms("18:30"))).toEqual({ kind: "late", sinceMs: ms("18:00") });
  });
  it("gives an emergency on the road the time for its approval, and then says that it is over", () => {
    const out = order({ state: "departed", emergency: true, approve_by: at("20:00") });
    expect(waitOf(out, ms("19:00"))).toEqual({ kind: "approval", untilMs: ms("20:00") });
    expect(waitOf({ ...out, overdue: true }, ms("20:01"))).toEqual({ kind: "overdue" });
  });
});

describe("the inbox", () => {
  it("puts emergencies first, then the earlier beginning", () => {
    const [late, soon, urgent] = [order({ id: 1, planned_from: at("16:00") }), order({ id: 2 }), order({ id: 3, emergency: true, planned_from: at("19:00") })];
    expect([late, soon, urgent].sort(byUrgency).map((one) => one.id)).toEqual([3, 2, 1]);
  });
  it("offers a departure only while one is missing", () => {
    const given = (departed: string | null) => order({ next: ["depart", "return"], vehicles: [{ departed_at: departed, returned_at: null, departure_source: "person" }] as never });
    expect(open(given(null))).toEqual(["depart", "return"]);
    expect(open(given(at("14:00")))).toEqual(["return"]);
    expect(stepsDone(order({ state: "cancelled" }))).toBe(1);
  });
  it("sends the decision on a change to the change", () => {
    const changed = order({ amendments: [{ number: 1, decision: "rejected" }, { number: 2, decision: "pending" }] as never });
    expect(stepPath(changed, "approve_amendment")).toBe("/api/v1/orders/7/amendments/2/approve");
    expect(ACTIONS.filter((one) => !one.endsWith("_amendment")).map((one) => stepPath(changed, one)).every((path) => !path.includes("_"))).toBe(true);
  });
});

describe("the day of an order from 06 to 22 in Shanghai", () => {
  const next = (text: string) => ms(text) + 24 * 3600_000;
  const span = deskSpan({ from: ms("09:10"), to: ms("11:00") });
  it("is that of the order's wall date", () => expect([span.from, span.to]).toEqual([ms("06:00"), ms("22:00")]));
  it("reaches as far as the order does", () => {
    expect(deskSpan({ from: ms("03:25"), to: ms("05:00") })).toEqual({ from: ms("03:00"), to: ms("22:00") });
    expect(deskSpan({ from: ms("23:30"), to: next("02:10") })).toEqual({ from: ms("06:00"), to: next("03:00") });
    expect(deskSpan({ from: ms("08:00"), to: next("08:00") + 90 * 3600_000 }).to).toBe(next("06:00") + 24 * 3600_000);
  });
  it("carries even hours", () => {
    expect(deskHours(span).map(({ hour }) => hour)).toEqual(["06", "08", "10", "12", "14", "16", "18", "20", "22"]);
    expect(deskHours(span)[4]?.at).toBe(50);
    expect(deskHours({ from: ms("04:00"), to: ms("20:00") })[1]).toEqual({ at: 12.5, hour: "06" });
    expect(deskHours({ from: ms("06:00"), to: next("03:00") }).map(({ hour }) => hour)).toEqual(["06", "09", "12", "15", "18", "21", "00", "03"]);
  });
  it("clips windows to it", () => {
    expect(bar(ms("05:00"), ms("10:00"), span)).toEqual({ left: 0, width: 25 });
    expect(bar(ms("14:00"), ms("22:30"), span)).toEqual({ left: 50, width: 50 });
    expect(bar(ms("22:00"), ms("23:00"), span)).toBeNull();
  });
});

describe("a new order", () => {
  it("begins at the next full hour, as it stands on the wall", () => {
    expect([fresh(ms("09:20")).planned_from, fresh(ms("09:20")).planned_to]).toEqual(["2026-11-23 10:00", "2026-11-23 14:00"]);
    expect(isoOf(wallOf(at("09:20")))).toBe("2026-11-23T01:20:00.000Z");
  });
  it("sends what was filled in", () => {
    const body = bodyOf({ ...fresh(ms("09:20")), purpose: "medical", facts: { task: "转运", other: "" }, contact_name: "  ", destinations: [undefined, { name: "甲", lat: 25, lon: 103 }] });
    expect(body).toMatchObject({ facts: { task: "转运" }, contact_name: null, destinations: [{ name: "甲" }], passengers: 1 });
    expect(body).not.toHaveProperty("organ_id");
  });
});

describe("places", () => {
  it("are read as people paste them, latitude first", () => {
    expect(readCoordinates(" 25.49834, 103.80273 ")).toEqual({ lat: 25.49834, lon: 103.80273 });
    expect(readCoordinates("103.80273, 25.49834")).toBeNull();
    expect(readCoordinates("会泽县 12, 3 号")).toBeNull();
  });
  it("make rings on the ground", () => {
    const centre = { lat: 25.5, lon: 103.8 };
    for (const [lon, lat] of circleRing(centre, 500)) expect(metresBetween(centre, { lat, lon })).toBeCloseTo(500, 0);
    expect(ringOf([centre, { lat: 26, lon: 104 }])).toHaveLength(2);
    expect(ringOf([centre, { lat: 26, lon: 104 }, { lat: 26, lon: 103 }])).toHaveLength(4);
  });
  it("that lie on one spot are drawn beside each other", () => {
    const yard = { lat: 25.5, lon: 103.8 };
    const shifts = spread([yard, yard, { lat: 25.6, lon: 103.8 }, yard]);
    expect(shifts[2]).toEqual([0, 0]);
    expect(new Set([shifts[0], shifts[1], shifts[3]].map(String)).size).toBe(3);
  });
});
