import { expect, it } from "vitest";
import { say, wordOf } from "../src/i18n";
import { en } from "../src/i18n/en/words";
import { zh } from "../src/i18n/zh/words";

it("has the same words in both languages", () => {
  expect(Object.keys(en).sort()).toEqual(Object.keys(zh).sort());
  expect(Object.values({ ...zh, ...en }).filter((word) => word.trim() === "")).toEqual([]);
});

it("fills values in, and shows a slug it does not know", () => {
  expect(say("en", "shell", "offline_banner", { s: 4 })).toBe("The connection is lost; next attempt in 4 s.");
  expect(wordOf("zh", "energy", "bev")).toBe("纯电动");
  expect(wordOf("zh", "energy", "fusion")).toBe("fusion");
  expect(wordOf("zh", "energy", null)).toBe("—");
});
