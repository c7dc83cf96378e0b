import { expect, it } from "vitest";
import { daysOf, momentsOf } from "../src/audit/address";
import { differenceOf, hourWords, shade, stripDays } from "../src/audit/books";
import { bytesOf, hexLines } from "../src/audit/bytes";
import { rowsOf } from "../src/audit/versions";
import { actionWord, subjectParts, valueWord } from "../src/audit/words";

const NOW = Date.parse("2026-11-23T20:30:00Z");

it("takes days as Shanghai's, and the last ones where the address names none", () => {
  expect(daysOf({ from: "", to: "" }, NOW, 7)).toEqual({ from: "2026-11-18", to: "2026-11-24" });
  expect(daysOf({ from: "2026-11-02", to: "2026-11-01" }, NOW, null)).toBeNull();
  expect(momentsOf({ from: "2026-11-01", to: "2026-11-01" })).toEqual({ from: "2026-10-31T16:00:00.000Z", to: "2026-11-01T16:00:00.000Z" });
  expect(momentsOf({ from: "2026-11-01", to: "2026-11-01" }, true).from).toBe("2026-10-31T20:00:00.000Z");
});

it("puts every hour into the row of its day, and leaves empty what did not come", () => {
  const hour = { hour: "2026-11-01T17:00:00Z" };
  const days = stripDays([hour], "2026-11-01", "2026-11-02");
  expect(days.map((one) => one.day)).toEqual(["2026-11-02", "2026-11-01"]);
  expect(days[0]?.cells[1]?.of).toBe(hour);
  expect(days.flatMap((one) => one.cells).filter((cell) => cell.of !== null)).toHaveLength(1);
  expect(hourWords("2026-11-01T15:00:00Z")).toBe("11-01 23:00–24:00");
});

it("finds what does not add up", () => {
  expect(differenceOf({ received: 10, stored: 7, duplicate: 2, quarantined: 1 })).toBe(0);
  expect(differenceOf({ received: 10, stored: 7, duplicate: 2, quarantined: 0 })).toBe(1);
  expect([shade(0, 9), shade(9, 9)]).toEqual([0, 1]);
});

it("shows bytes as they came", () => {
  const lines = hexLines(bytesOf(btoa("{\"a\":1}\u0000 and twenty")), 8);
  expect(lines[0]).toBe("000000  7b 22 61 22 3a 31 7d 00 20 61 6e 64 20 74 77 65  {\"a\":1}. and twe");
  expect(lines[1]?.startsWith("000010  6e 74 79 ")).toBe(true);
  expect(hexLines(new Uint8Array(64), 2).at(-1)).toBe("…");
});

it("puts before and after side by side", () => {
  expect(rowsOf({ before: { use: "other", seats: 5 }, after: { use: "emergency", seats: 5 } }).map((row) => [row.field, row.same]))
    .toEqual([["use", false], ["seats", true]]);
  expect(rowsOf({ before: "draft", after: "submitted" })).toEqual([{ field: "state", before: "draft", after: "submitted", same: false }]);
  expect(rowsOf({ before: undefined, after: { plate: "云D1" } })[0]?.before).toBeUndefined();
});

it("has words for actions, subjects and values", () => {
  expect(actionWord("zh", "track.read")).toBe("查阅轨迹");
  expect(actionWord("zh", "vehicle.change")).toBe("车辆：修改");
  expect(actionWord("en", "sealing list.create")).toBe("Sealing list: created");
  expect(subjectParts("zh", "vehicle:17")).toEqual({ kind: "vehicle", word: "车辆", id: "17" });
  expect(valueWord("zh", "use", "law_enforcement")).toBe("执法执勤");
});
