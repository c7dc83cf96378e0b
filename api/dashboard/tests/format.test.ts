import { describe, expect, it } from "vitest";
import { compassPoint, km, number, share, yuan } from "../src/format/number";
import { plainPlate, plateParts } from "../src/format/plate";
import { age, clock, dayBegin, dayWords, duration, fleetDay, range } from "../src/format/time";

const AT = "2026-11-23T06:05:09Z";

describe("times", () => {
  it("are Shanghai's", () => {
    expect(clock(AT)).toBe("14:05");
    expect(dayWords(AT, "zh")).toBe("11月23日 周一");
    expect(dayWords(AT, "en")).toBe("Mon 23 Nov");
  });
  it("name a range's date once", () => {
    expect(range(AT, "2026-11-23T10:00:00Z")).toBe("11-23 14:05–18:00");
    expect(range(AT, "2026-11-23T18:00:00Z")).toBe("11-23 14:05 – 11-24 02:00");
    expect(range(AT, null)).toBe("11-23 14:05–");
  });
  it("say how long and how long ago", () => {
    expect(duration(2820, "zh")).toBe("47 分钟");
    expect(duration(7500, "en")).toBe("2 h 05 min");
    expect(age(AT, Date.parse(AT) + 3000, "zh")).toBe("3 秒前");
    expect(age(AT, Date.parse(AT) + 90_000_000, "zh")).toBe("11-23 14:05");
  });
  it("begin the fleet's day at four in the morning", () => {
    expect(fleetDay(AT)).toEqual({ from: "2026-11-22T20:00:00.000Z", to: "2026-11-23T20:00:00.000Z" });
    expect(dayBegin("2026-11-22T19:59:59Z")).toBe(Date.parse("2026-11-21T20:00:00Z"));
  });
});

describe("numbers", () => {
  it("show what is missing as a dash", () => {
    expect([number(null), km(undefined), yuan(null), share(1, 0)]).toEqual(["—", "—", "—", "—"]);
  });
  it("carry their fraction and their thousands", () => {
    expect(share(188, 598)).toBe("31.4 % (188/598)");
    expect([km(86.44), km(1240.4), yuan(124000), number(6000)]).toEqual(["86.4", "1,240", "¥1,240.00", "6,000"]);
    expect([0, 44, 350, -45].map(compassPoint)).toEqual([0, 1, 0, 7]);
  });
});

describe("plates", () => {
  it("are found however they are typed", () => {
    expect(plainPlate(" 云d·d１2345 ")).toBe("云DD12345");
    expect(plateParts("云D12345")).toEqual(["云D", "12345"]);
  });
});
