// Puts the page together: log-in, then map, list, panels and books around one stream.

import * as api from "./api.js";
import { byId, h, plate, stateSymbol, update } from "./dom.js";
import { Fleet, STATES } from "./fleet.js";
import { clock, count, divisionName, duration, since } from "./format.js";
import { ledgerChart, ledgerPanel } from "./ledger.js";
import { VehicleList } from "./list.js";
import { FleetMap } from "./map.js";
import { cityPanel, vehiclePanel } from "./side.js";
import { Stream } from "./stream.js";
import { applyWords, language, setLanguage, t } from "./words.js";

const LEDGER_MS = 5_000;
const READY_MS = 15_000;

const fleet = new Fleet();
const page = { counties: [], borders: null, roads: null, detail: null, ledger: null, ready: null, account: null, timers: [] };

const stream = new Stream({ positions: (event) => fleet.apply(event), signedOut: () => showLogin() });
const now = () => stream.now() || Date.now();

const map = new FleetMap({ box: byId("map"), base: byId("base"), top: byId("vehicles") }, fleet, { hover: showTip, select, scaled: showScale });
const list = new VehicleList({ box: byId("rows"), spacer: byId("spacer"), shown: byId("shown"), none: byId("none") }, fleet, { select, now });

// ---- drawing: once a frame at most, whatever changed

let queued = false;
fleet.changed = () => {
  if (queued || document.hidden) return;
  queued = true;
  requestAnimationFrame(() => {
    queued = false;
    redraw();
  });
};
document.addEventListener("visibilitychange", () => fleet.changed());

function redraw() {
  const counts = fleet.counts();
  map.onRoad = new Map([...counts.counties].map(([code, one]) => [code, one.moving + one.idling]));
  map.draw("vehicles");
  list.draw();
  for (const button of byId("states").children) {
    button.querySelector("b").textContent = count(counts.all[button.dataset.state]);
    button.setAttribute("aria-pressed", String(fleet.states.has(button.dataset.state)));
  }
  byId("county").value = fleet.county;
  drawSide(counts);
}

function drawSide(counts) {
  const side = byId("side");
  const item = fleet.vehicles.get(fleet.selected);
  update(side, item ? vehiclePanel(fleet, item, page.detail, page.counties, now()) : cityPanel(fleet, counts, page.counties));
}

byId("side").addEventListener("click", (event) => {
  const county = event.target.closest("[data-county]")?.dataset.county;
  if (event.target.closest("[data-close]")) select(null);
  else if (county !== undefined) chooseCounty(fleet.county === county ? "" : county);
});

function drawLedger() {
  if (!page.ledger) return;
  update(byId("ledger"), ledgerPanel(page.ledger));
  const plot = byId("ledger-plot");
  plot.replaceChildren(ledgerChart(page.ledger, now(), Math.max(1, plot.clientWidth), Math.max(40, plot.clientHeight)));
}

function drawWords() {
  applyWords();
  byId("language").textContent = byId("login-language").textContent = t("other");
  byId("states").replaceChildren(
    ...STATES.map((state) => h("button", { type: "button", "data-state": state, onclick: () => toggleState(state) }, stateSymbol(state), h("span", null, t(state)), h("b", null, "0"))),
  );
  byId("county").replaceChildren(
    h("option", { value: "" }, t("allCounties")),
    ...page.counties.map((one) => h("option", { value: one.adcode }, divisionName(one))),
    h("option", { value: "0" }, t("outside")),
  );
  byId("legend").replaceChildren(
    ...STATES.flatMap((state, index) => [
      h("span", null, stateSymbol(state), t(state)),
      index === 0 ? h("span", null, stateSymbol("moving", "var(--nev)"), t("nev")) : index === 1 ? h("span", null, stateSymbol("moving", "var(--fuel)"), t("fuel")) : index === 2 ? h("span", null, h("b", null, "161"), t("onRoad")) : h("span"),
    ]),
  );
  byId("attribution").textContent = [
    page.borders && t("borders", { source: page.borders.attribution }),
    page.roads && t("roads", { source: page.roads.attribution ?? t("ownRoads") }),
  ].filter(Boolean).join(" · ");
  if (page.account) {
    byId("who").textContent = page.account.organ?.name ?? t(page.account.role);
    byId("who-mark").textContent = t(page.account.role).slice(0, 1);
    byId("who").title = page.account.username;
  }
  map.draw("base");
  drawLedger();
  fleet.changed();
}

// ---- what people do

async function select(id, centre = false) {
  fleet.set({ selected: id });
  const item = fleet.vehicles.get(id);
  if (!item) return;
  if (centre && item.plausible) map.show(item);
  if (page.detail?.id === id) return;
  page.detail = null;
  try {
    const detail = await api.vehicle(id);
    if (fleet.selected === id) page.detail = detail;
  } catch (problem) {
    if (problem.status === 401) showLogin();
  }
  fleet.changed();
}

function toggleState(state) {
  const states = new Set(fleet.states);
  if (!states.delete(state)) states.add(state);
  fleet.set({ states });
}

function chooseCounty(code) {
  fleet.set({ county: code, selected: null });
  if (code && code !== "0") map.showCounty(code);
  else map.showCity();
}

function showTip(item, x, y) {
  const tip = byId("tip");
  tip.hidden = !item;
  if (!item) return;
  tip.replaceChildren(
    h("b", null, plate(item.plate)), h("br"), fleet.organName(item), h("br"),
    `${t(item.state)}${item.state === "moving" ? ` ${Math.round(item.speed_kmh)} km/h` : ""} · ${since(item.observed, now())}`,
  );
  const left = Math.min(x + 14, map.width - tip.offsetWidth - 8);
  const top = y + 18 + tip.offsetHeight > map.height ? y - tip.offsetHeight - 10 : y + 18;
  tip.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
}

function showScale(metresPerPixel) {
  const target = metresPerPixel * 90;
  const power = 10 ** Math.floor(Math.log10(target));
  const metres = [5, 2, 1].map((n) => n * power).find((n) => n <= target);
  const [label, bar] = byId("scale").children;
  label.textContent = metres >= 1000 ? `${metres / 1000} km` : `${metres} m`;
  bar.style.width = `${Math.round(metres / metresPerPixel)}px`;
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  map.recolour();
}

// ---- freshness

function tick() {
  const fresh = stream.freshness();
  byId("live").className = `live ${fresh.kind}`;
  setText(byId("live-word"), t(fresh.kind));
  setText(byId("clock"), stream.now() ? clock(stream.now()) : "");
  let words = "";
  let mild = false;
  if (fresh.kind === "offline") words = fresh.waitS > 0 ? t("offlineBanner", { s: fresh.waitS }) : t("offlineNow");
  else if (fresh.store) words = t("storeBanner");
  else if (fresh.kind === "stale") words = t("staleBanner", { age: duration(fresh.silence) });
  else if (page.ready?.status === "unavailable") words = t("stalledBanner");
  else if (page.ready?.degraded) [words, mild] = [t("degradedBanner"), true];
  const banner = byId("banner");
  banner.hidden = words === "";
  banner.classList.toggle("mild", mild);
  setText(banner, words);
}

function setText(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

async function readLedger() {
  if (document.hidden) return;
  try {
    page.ledger = await api.ledger();
    drawLedger();
  } catch (problem) {
    if (problem.status === 401) showLogin();
  }
}

async function readReady() {
  page.ready = await api.ready();
}

// ---- session

function showLogin() {
  stop();
  byId("shell").hidden = true;
  byId("login").hidden = false;
  byId("login-error").textContent = "";
  byId("password").value = byId("otp").value = "";
  byId("otp-row").hidden = true;
  byId(byId("username").value ? "password" : "username").focus();
}

function stop() {
  stream.close();
  for (const timer of page.timers) clearInterval(timer);
  page.timers = [];
}

async function start(account) {
  page.account = account;
  byId("login").hidden = true;
  byId("shell").hidden = false;
  stop();
  drawWords();
  map.resize();
  const [borders, organs] = await Promise.all([api.divisions(), api.organs()]);
  page.borders = borders;
  page.counties = borders.features.map((feature) => feature.properties);
  map.setBorders(borders);
  fleet.organs = new Map(organs.items.map((organ) => [organ.id, organ.name]));
  stream.open();
  page.timers = [setInterval(tick, 1000), setInterval(() => fleet.changed(), 15_000), setInterval(readLedger, LEDGER_MS), setInterval(readReady, READY_MS)];
  drawWords();
  tick();
  readLedger();
  readReady();
  const roads = document.documentElement.dataset.roads;
  if (roads && !page.roads) {
    page.roads = await api.asset(roads);
    map.setRoads(page.roads);
    drawWords();
  }
}

byId("login-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const [username, password] = [byId("username").value.trim(), byId("password").value];
  const error = byId("login-error");
  if (!username || !password) {
    error.textContent = t("required");
    return;
  }
  try {
    await api.logIn(username, password, byId("otp").value.trim());
    localStorage.setItem("session", "open");
    await start(await api.me());
  } catch (problem) {
    if (!(problem instanceof api.Problem)) throw problem;
    if (problem.kind === "otp_required") {
      error.textContent = t(byId("otp-row").hidden ? "otpRequired" : "wrongOtp");
      byId("otp-row").hidden = false;
      byId("otp").value = "";
      byId("otp").focus();
      return;
    }
    error.textContent = problem.status === 401 ? t("wrongPassword") : problem.status === 429 ? t("tooMany", { s: problem.retryAfterS }) : t("noService");
    byId("password").select();
  }
});

for (const id of ["language", "login-language"]) {
  byId(id).addEventListener("click", () => {
    setLanguage(language === "zh" ? "en" : "zh");
    drawWords();
    tick();
  });
}
byId("theme").addEventListener("click", () => {
  const next = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  localStorage.setItem("theme", next);
  setTheme(next);
});
byId("logout").addEventListener("click", async () => {
  await api.logOut().catch(() => null);
  localStorage.removeItem("session");
  showLogin();
});
byId("search").addEventListener("input", (event) => fleet.set({ query: event.target.value }));
byId("search").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && fleet.query && fleet.visible().length) select(fleet.visible()[0].vehicle_id, true);
});
byId("county").addEventListener("change", (event) => chooseCounty(event.target.value));
byId("clear").addEventListener("click", () => {
  byId("search").value = "";
  fleet.set({ query: "", county: "", states: new Set(STATES) });
});
byId("zoom-in").addEventListener("click", () => map.zoomIn());
byId("zoom-out").addEventListener("click", () => map.zoomOut());
byId("whole").addEventListener("click", () => map.showCity());
document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input, select, textarea");
  if (event.key === "/" && !typing) {
    event.preventDefault();
    byId("search").focus();
  } else if (event.key === "Escape") {
    if (typing) event.target.blur();
    else select(null);
  }
});

const dark = matchMedia("(prefers-color-scheme: dark)");
setTheme(localStorage.getItem("theme") ?? (dark.matches ? "dark" : "light"));
dark.addEventListener("change", () => localStorage.getItem("theme") ?? setTheme(dark.matches ? "dark" : "light"));
drawWords();

// The cookie is not readable here; this mark only spares those who never logged in a refused request.
const account = localStorage.getItem("session") ? await api.me().catch(() => null) : null;
if (account) await start(account);
else showLogin();
