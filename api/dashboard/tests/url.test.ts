import { expect, it } from "vitest";
import { flag, oneOf, readState, some, text, whole, writeState } from "../src/url/useUrlState";

const SCHEMA = { tab: oneOf(["a", "b"], "a"), vehicle: whole(), state: some(["x", "y"]), follow: flag(), q: text() };

it("reads what it can and falls back for the rest", () => {
  const read = (query: string) => readState(SCHEMA, new URLSearchParams(query));
  expect(read("tab=b&vehicle=7&state=y,z&follow=1&q=%E4%BA%91")).toEqual({ tab: "b", vehicle: 7, state: ["y"], follow: true, q: "云" });
  expect(read("tab=c&vehicle=NaN")).toEqual({ tab: "a", vehicle: null, state: [], follow: false, q: "" });
});

it("writes only what differs, and leaves strangers alone", () => {
  const write = (query: string, change: object) => writeState(SCHEMA, new URLSearchParams(query), change).toString();
  expect(write("lang=en&vehicle=7&follow=1", { vehicle: null, follow: false, tab: "a" })).toBe("lang=en");
  expect(write("", { state: ["x", "y"], vehicle: 3 })).toBe("state=x%2Cy&vehicle=3");
});
