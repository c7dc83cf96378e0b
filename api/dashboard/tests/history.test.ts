import { expect, test } from "vitest";
import { iso, periodOf } from "../src/history/address";

const NOW = Date.parse("2026-11-24T00:30:00Z");
const told = (from: string, to: string) => {
  const period = periodOf({ from, to }, NOW);
  return [iso(period.from), iso(period.to)];
};

test("days are fleet days, the last one whole", () => {
  expect(told("2026-11-23", "2026-11-23")).toEqual(["2026-11-22T20:00:00.000Z", "2026-11-23T20:00:00.000Z"]);
  expect(told("2026-11-01", "2026-11-23")).toEqual(["2026-10-31T20:00:00.000Z", "2026-11-23T20:00:00.000Z"]);
});

test("moments stay moments, and anything else is today", () => {
  expect(told("2026-11-23T01:00:00.000Z", "2026-11-23T02:00:00.000Z")).toEqual(["2026-11-23T01:00:00.000Z", "2026-11-23T02:00:00.000Z"]);
  const today = ["2026-11-23T20:00:00.000Z", "2026-11-24T20:00:00.000Z"];
  expect(told("", "")).toEqual(today);
  expect(told("2026-11-24", "2026-11-20")).toEqual(today);
});
