import { expect, it } from "vitest";
import { isEasy, newPassword } from "../src/account/passwords";
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

it("makes passwords that nobody misreads, and none with the account's name in it", () => {
  const from = (begin: number) => new Uint8Array(16).map((_, index) => begin + index);
  expect(newPassword("viewer", () => from(0))).toBe("abcd-efgh-ijkm-npqr");
  const made = [from(0), from(8)];
  expect(newPassword("bcd", () => made.shift() ?? from(0))).toBe("ijkm-npqr-stuv-wxyz");
});
