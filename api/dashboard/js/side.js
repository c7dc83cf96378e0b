// The panel on the right: the city, or the chosen vehicle.

import { h, plate, s, stateSymbol } from "./dom.js";
import { STATES } from "./fleet.js";
import { MISSING, count, decimal, distanceKm, divisionName, moment, since, wind } from "./format.js";
import { t } from "./words.js";

const fact = (label, value, unit, title) =>
  h("div", null, h("dt", null, label), h("dd", title ? { title } : null, value, unit ? h("small", null, unit) : null));

export function cityPanel(fleet, counts, counties) {
  const { all } = counts;
  const onRoad = all.moving + all.idling;
  const overview = h(
    "section",
    null,
    h("h1", null, t("overview")),
    h(
      "dl",
      { class: "facts two" },
      fact(t("onRoad"), count(onRoad), `/ ${count(all.total)} ${t("vehicleUnit")}`),
      fact(t("online"), count(all.online), `/ ${count(all.total)}`),
      fact(t("nevOnRoad"), count(all.nevOnRoad), t("vehicleUnit")),
      fact(t("silentVehicles"), count(all.silent), t("vehicleUnit")),
    ),
  );
  const rows = counties.map((properties) => [properties.adcode, divisionName(properties)]);
  if (counts.counties.has(0)) rows.push(["0", t("outside")]);
  const most = Math.max(1, ...rows.map(([code]) => onRoadIn(counts, code)));
  const table = h(
    "table",
    { class: "counties" },
    h("caption", null, t("county")),
    h(
      "thead",
      null,
      h("tr", null, h("th", { scope: "col" }, t("division")), h("th", { class: "bar", "aria-hidden": "true" }),
        STATES.map((state) => h("th", { scope: "col", title: t(state), "aria-label": t(state) }, stateSymbol(state))))
    ),
    h("tbody", null, rows.map(([code, name]) => countyRow(fleet, counts, code, name, most))),
  );
  return [overview, h("section", null, table)];
}

const of = (counts, code) => counts.counties.get(Number(code)) ?? { moving: 0, idling: 0, parked: 0, silent: 0 };
const onRoadIn = (counts, code) => of(counts, code).moving + of(counts, code).idling;

function countyRow(fleet, counts, code, name, most) {
  const numbers = of(counts, code);
  const share = (100 * onRoadIn(counts, code)) / most;
  return h(
    "tr",
    { "aria-selected": String(fleet.county === code), "data-county": code },
    h("th", { scope: "row" }, h("button", { type: "button" }, name)),
    h("td", { class: "bar", "aria-hidden": "true" }, s("svg", { viewBox: "0 0 100 8", preserveAspectRatio: "none" }, s("rect", { width: share, height: 8 }))),
    STATES.map((state) => h("td", numbers[state] ? null : { class: "zero" }, count(numbers[state]))),
  );
}

export function vehiclePanel(fleet, item, detail, counties, now) {
  const known = detail?.id === item.vehicle_id ? detail : null;
  const stale = item.state === "silent" ? { class: "old" } : null;
  const county = counties.find((one) => Number(one.adcode) === item.division);
  const electric = item.soc_pct !== null;
  const liquid = item.fuel_level_pct !== null;
  const head = h(
    "div",
    { class: "head" },
    h("h1", { class: item.nev ? "plate nev" : "plate" }, plate(item.plate)),
    h("span", { class: "chip" }, stateSymbol(item.state, item.nev ? "var(--nev)" : "var(--fuel)"), t(item.state)),
    h("button", { type: "button", class: "close", "aria-label": t("close"), title: t("close"), "data-close": true }, s("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, s("path", { d: "M3 3l10 10M13 3 3 13" }))),
  );
  const tags = [fleet.organName(item) || known?.organ.name, known && useName(known.use), t(item.energy), known?.confidential && t("confidential")];
  const facts = h(
    "dl",
    { class: "facts" },
    fact(t("speed"), item.speed_kmh === null ? MISSING : String(Math.round(item.speed_kmh)), "km/h"),
    fact(t("heading"), item.heading_deg === null ? MISSING : wind(item.heading_deg), item.heading_deg === null ? "" : `${item.heading_deg}°`),
    fact(t("lastSeen"), since(item.observed, now), "", moment(item.observed)),
    liquid || !electric ? fact(t("fuelLevel"), decimal(item.fuel_level_pct, 0), "%") : null,
    electric ? fact(t("charge"), decimal(item.soc_pct, 0), "%") : null,
    fact(t("odometer"), distanceKm(item.odometer_km), "km"),
    fact(t("ignition"), item.ignition === null ? MISSING : t(item.ignition ? "on" : "off"), "", item.ignition === null ? t("unknown") : undefined),
    liquid && electric ? fact(t("altitude"), item.altitude_m === null ? MISSING : count(item.altitude_m), "m") : null,
  );
  // Six cells fill the grid; the altitude moves down where both levels are shown.
  if (facts.childElementCount === 5) facts.append(fact(t("altitude"), item.altitude_m === null ? MISSING : count(item.altitude_m), "m"));
  while (facts.childElementCount > 6) facts.lastElementChild.remove();
  return [
    h("section", null, head, h("p", { class: "of" }, tags.filter(Boolean).map((tag) => h("span", null, tag))), facts, item.plausible ? null : h("p", { class: "of" }, t("implausible"))),
    h(
      "section",
      stale,
      h("h2", null, t("lastReport")),
      h("dl", { class: "kv" },
        pair(t("lastSeen"), moment(item.observed)),
        pair(t("place"), county ? divisionName(county) : t("outside")),
        pair(t("coordinates"), `${item.lat.toFixed(5)}, ${item.lon.toFixed(5)} (WGS-84)`),
        pair(t("unit"), `${item.unit} · ${t(item.online ? "connected" : "notConnected")}`)),
    ),
    h(
      "section",
      null,
      h("h2", null, t("details")),
      known
        ? h("dl", { class: "kv" },
            pair(t("organ"), known.organ.name),
            pair(t("use"), useName(known.use)),
            pair(t("management"), t(known.management)),
            pair(t("energy"), t(known.energy)),
            pair(t("body"), `${t(known.body)} · ${t("seats", { n: known.seats })}`))
        : h("p", { class: "of" }, t("loading")),
    ),
  ];
}

const useName = (use) => t(use === "other" ? "use_other" : use);
const pair = (term, text) => [h("dt", null, term), h("dd", null, text)];
