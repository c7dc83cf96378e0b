import { expect, it } from "vitest";
import { isEasy } from "../src/account/passwords";
import { periodOf, periodWords } from "../src/account/tokens";

it("takes the days of a period whole, in Shanghai", () => {
  expect(periodOf("2026-01-01", "2026-03-31")).toEqual({ from: "2025-12-31T16:00:00.000Z", to: "2026-03-31T16:00:00.000Z" });
  expect(periodOf(null, "2026-03-31")).toEqual({ to: "2026-03-31T16:00:00.000Z" });
  expect(periodOf(null, undefined)).toEqual({});
});

it("says a period by its days, or by its times where they are none", () => {
  expect(periodWords("2025-12-31T16:00:00Z", "2026-03-31T16:00:00Z")).toBe("2026-01-01 – 2026-03-31");
  expect(periodWords(null, "2026-03-31T16:00:00Z")).toBe("– 2026-03-31");
  expect(periodWords("2025-12-31T16:00:00Z", null)).toBe("2026-01-01 –");
  expect(periodWords("2026-01-01T00:00:00Z", "2026-03-31T16:00:00Z")).toBe("2026-01-01 08:00 – 2026-04-01 00:00");
});

it("knows a password that is easy to guess", () => {
  expect(isEasy("xxAdmin2026", "admin")).toBe(true);
  expect(isEasy("ababababab", "viewer")).toBe(true);
  expect(isEasy("four-lanterns", "viewer")).toBe(false);
});
