// The books: totals that must add up, and what came in each of the last 24 hours.

import { h, s } from "./dom.js";
import { count, hourOf } from "./format.js";
import { t } from "./words.js";

const HOURS = 24;
const HOUR_MS = 3_600_000;

const cell = (key, value, first) => h("div", first ? { class: "first" } : null, h("dt", null, t(key)), h("dd", { id: `ledger-${key}` }, count(value)));

export function ledgerPanel(answer) {
  const { totals, difference } = answer;
  const sum = h(
    "dl",
    { class: "sum" },
    cell("received", totals.received, true), h("i", null, "="),
    cell("stored", totals.stored), h("i", null, "+"),
    cell("duplicate", totals.duplicate), h("i", null, "+"),
    cell("quarantined", totals.quarantined),
  );
  const good = difference === 0;
  const check = h(
    "p",
    { class: good ? "check" : "check bad", id: "ledger-check" },
    s("svg", { viewBox: "0 0 14 14", "aria-hidden": "true" }, s("path", { d: good ? "M2 7.5 5.5 11 12 3.5" : "M3 3l8 8M11 3l-8 8" })),
    totals.received === 0 ? t("noLedger") : good ? t("adds") : t("broken", { n: count(difference) }),
  );
  return [
    h("div", null, h("div", { class: "h" }, h("h2", null, t("ledger")), h("span", null, t("ledgerNote"))), sum, check),
    h("div", { class: "bars" }, h("div", { class: "h" }, h("span", null, t("perHour"))), h("div", { class: "plot", id: "ledger-plot" })),
  ];
}

/** One bar an hour, in pixels; what was quarantined is the red part at the foot. */
export function ledgerChart(answer, now, width, height) {
  const { items } = answer;
  const foot = 18;
  const last = Math.floor(now / HOUR_MS) * HOUR_MS;
  const byHour = new Map(items.map((item) => [Date.parse(item.hour), item]));
  const most = Math.max(1, ...items.map((item) => item.received));
  const step = width / HOURS;
  const scale = (n) => (n / most) * (height - foot - 6);
  const bars = [];
  for (let index = 0; index < HOURS; index += 1) {
    const hour = last - (HOURS - 1 - index) * HOUR_MS;
    const item = byHour.get(hour);
    const x = index * step + step * 0.15;
    if (item) {
      const full = Math.max(1, scale(item.received));
      // Below half a pixel a red line would say more than there is.
      const refused = scale(item.quarantined) < 0.5 ? 0 : Math.max(1, scale(item.quarantined));
      bars.push(
        s("g", null,
          s("title", null, `${hourOf(hour)}  ${count(item.received)} ${t("samples")}`),
          s("rect", { class: "ok", x, y: height - foot - full, width: step * 0.7, height: full }),
          s("rect", { class: "refused", x, y: height - foot - refused, width: step * 0.7, height: refused })),
      );
    }
    const lastBar = index === HOURS - 1;
    if (index % 6 === 5) bars.push(s("text", { x: lastBar ? width : index * step + step / 2, y: height - 3, "text-anchor": lastBar ? "end" : "middle" }, hourOf(hour)));
  }
  return s("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": t("perHour") },
    s("line", { x1: 0, x2: width, y1: height - foot, y2: height - foot }), bars);
}
