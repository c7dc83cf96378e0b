// The map: counties and roads on one canvas, vehicles on another. Draws when something changed, never otherwise.

import { project } from "./fleet.js";
import { divisionName } from "./format.js";
import { Symbols } from "./symbols.js";

const CITY = { west: 102.95, south: 24.32, east: 104.85, north: 27.08 };
const DEGREE_PX_AT_0 = 256 / 360; // as in web maps: the zoom levels mean what people expect
const MIN_ZOOM = 7;
const MAX_ZOOM = 18;
const HIT_PX = 14;
/** From which zoom a class of road is drawn, and whether in the stronger colour. */
const ROADS = {
  trunk: { major: true, from: 0 },
  provincial: { major: false, from: 0 },
  avenue: { major: false, from: 10.5 },
  village: { major: false, from: 10.5 },
  street: { major: false, from: 12 },
};
const METRES_PER_DEGREE = 111_195;

const path = (rings, close) => {
  const result = new Path2D();
  for (const ring of rings) {
    ring.forEach(([lon, lat], index) => {
      const [x, y] = project(lon, lat);
      if (index === 0) result.moveTo(x, y);
      else result.lineTo(x, y);
    });
    if (close) result.closePath();
  }
  return result;
};

export class FleetMap {
  constructor(elements, fleet, { hover, select, scaled }) {
    Object.assign(this, elements);
    this.fleet = fleet;
    this.events = { hover, select, scaled };
    this.symbols = new Symbols();
    this.counties = [];
    this.roads = [];
    this.colours = {};
    this.onRoad = new Map();
    this.pending = { base: false, vehicles: false };
    this.whole = true;
    [this.x, this.y] = project((CITY.west + CITY.east) / 2, (CITY.south + CITY.north) / 2);
    this.zoom = 8;
    new ResizeObserver(() => this.resize()).observe(this.box);
    this.listen();
  }

  setBorders(collection) {
    this.counties = collection.features.map((feature) => ({
      properties: feature.properties,
      path: path(feature.geometry.coordinates.flat(), true),
      label: project(...feature.properties.label),
    }));
    this.draw("base");
  }

  setRoads(collection) {
    this.roads = collection.features.map((feature) => ({
      ...(ROADS[feature.properties.class] ?? ROADS.street),
      path: path(feature.geometry.type === "LineString" ? [feature.geometry.coordinates] : feature.geometry.coordinates, false),
    }));
    this.draw("base");
  }

  recolour() {
    const style = getComputedStyle(document.documentElement);
    for (const name of ["land", "land-2", "outside", "border", "road", "road-2", "nev", "fuel", "brand", "ink", "ink-2", "ink-3", "surface"]) {
      this.colours[name] = style.getPropertyValue(`--${name}`).trim();
    }
    this.font = getComputedStyle(document.body).fontFamily;
    this.draw("base");
  }

  resize() {
    this.width = this.box.clientWidth;
    this.height = this.box.clientHeight;
    this.ratio = Math.min(window.devicePixelRatio || 1, 3);
    for (const canvas of [this.base, this.top]) {
      canvas.width = Math.round(this.width * this.ratio);
      canvas.height = Math.round(this.height * this.ratio);
    }
    if (this.whole) this.showCity();
    this.drawNow(true);
  }

  // ---- view

  get scale() {
    return DEGREE_PX_AT_0 * 2 ** this.zoom;
  }

  toScreen(x, y) {
    return [(x - this.x) * this.scale + this.width / 2, (y - this.y) * this.scale + this.height / 2];
  }

  showCity() {
    const [left, top] = project(CITY.west, CITY.north);
    const [right, bottom] = project(CITY.east, CITY.south);
    this.fit(left, top, right, bottom);
    this.whole = true;
  }

  showCounty(code) {
    const county = this.counties.find((one) => one.properties.adcode === code);
    if (!county) return;
    const [x, y] = county.label;
    const reach = Math.sqrt(county.properties.area_km2) / 111 / 1.5;
    this.fit(x - reach, y - reach, x + reach, y + reach);
  }

  fit(left, top, right, bottom) {
    this.x = (left + right) / 2;
    this.y = (top + bottom) / 2;
    const scale = Math.min((this.width - 24) / (right - left), (this.height - 24) / (bottom - top));
    this.moved(Math.log2(scale / DEGREE_PX_AT_0));
  }

  show(item) {
    [this.x, this.y] = [item.x, item.y];
    this.moved(Math.max(this.zoom, 13));
  }

  moved(zoom = this.zoom) {
    this.whole = false;
    this.zoom = Math.min(MAX_ZOOM, Math.max(MIN_ZOOM, zoom));
    const [west, north] = project(101.5, 28.5);
    const [east, south] = project(106.5, 23);
    this.x = Math.min(east, Math.max(west, this.x));
    this.y = Math.min(south, Math.max(north, this.y));
    this.draw("base");
    this.events.scaled(METRES_PER_DEGREE / this.scale);
  }

  zoomAt(px, py, steps) {
    const before = this.scale;
    const x = this.x + (px - this.width / 2) / before;
    const y = this.y + (py - this.height / 2) / before;
    const zoom = Math.min(MAX_ZOOM, Math.max(MIN_ZOOM, this.zoom + steps));
    const after = DEGREE_PX_AT_0 * 2 ** zoom;
    this.x = x - (px - this.width / 2) / after;
    this.y = y - (py - this.height / 2) / after;
    this.moved(zoom);
  }

  pan(dx, dy) {
    this.x -= dx / this.scale;
    this.y -= dy / this.scale;
    this.moved();
  }

  // ---- drawing

  draw(layer) {
    const idle = !this.pending.base && !this.pending.vehicles;
    this.pending[layer] = true;
    if (idle) {
      requestAnimationFrame(() => {
        if (this.pending.base || this.pending.vehicles) this.drawNow(this.pending.base);
      });
    }
  }

  drawNow(withBase) {
    this.pending = { base: false, vehicles: false };
    if (!this.width || !this.colours.land) return;
    if (withBase) this.drawBase();
    this.drawVehicles();
  }

  drawBase() {
    const c = this.base.getContext("2d", { alpha: false });
    const { colours, scale, ratio } = this;
    c.setTransform(1, 0, 0, 1, 0, 0);
    c.fillStyle = colours.outside;
    c.fillRect(0, 0, this.base.width, this.base.height);
    const [left, top] = this.toScreen(0, 0);
    c.setTransform(scale * ratio, 0, 0, scale * ratio, left * ratio, top * ratio);
    c.lineJoin = c.lineCap = "round";
    this.counties.forEach((county, index) => {
      c.fillStyle = index % 2 ? colours["land-2"] : colours.land;
      c.fill(county.path);
    });
    for (const major of [false, true]) {
      c.strokeStyle = colours[major ? "road" : "road-2"];
      c.lineWidth = (major ? Math.max(1.4, (this.zoom - 7) * 0.55) : Math.max(0.8, (this.zoom - 8) * 0.4)) / scale;
      for (const road of this.roads) if (road.major === major && this.zoom >= road.from) c.stroke(road.path);
    }
    c.strokeStyle = colours.border;
    c.lineWidth = 1.1 / scale;
    for (const county of this.counties) c.stroke(county.path);
  }

  drawCountyNames(c) {
    if (this.zoom > 11.5) return;
    c.textAlign = "center";
    c.lineJoin = "round";
    for (const county of this.counties) {
      const [x, y] = this.toScreen(...county.label);
      this.text(c, divisionName(county.properties), x, y - 7, `600 13px ${this.font}`, this.colours.ink);
      const onRoad = this.onRoad.get(Number(county.properties.adcode));
      if (onRoad !== undefined) this.text(c, String(onRoad), x, y + 9, `600 13px ${this.font}`, this.colours.brand);
    }
  }

  text(c, words, x, y, font, colour) {
    c.font = font;
    c.textBaseline = "middle";
    c.lineWidth = 3.5;
    c.strokeStyle = this.colours.land;
    c.strokeText(words, x, y);
    c.fillStyle = colour;
    c.fillText(words, x, y);
  }

  drawVehicles() {
    const c = this.top.getContext("2d");
    const { ratio, width, height } = this;
    c.setTransform(1, 0, 0, 1, 0, 0);
    c.clearRect(0, 0, this.top.width, this.top.height);
    const size = this.zoom < 8.4 ? 0.5 : this.zoom < 12 ? 0.5 + ((this.zoom - 8.4) / 3.6) * 0.35 : Math.min(1.1, 0.85 + ((this.zoom - 12) / 3) * 0.25);
    this.symbols.prepare(Math.round(size * 10) / 10, ratio, this.colours, this.zoom >= 12);
    const half = (this.symbols.size * ratio) / 2;
    const margin = this.symbols.size;
    const inView = [];
    // The list runs from moving to silent; drawn backwards, what moves lies on top.
    const items = this.fleet.visible();
    for (let index = items.length - 1; index >= 0; index -= 1) {
      const item = items[index];
      if (!item.plausible) continue;
      const [x, y] = this.toScreen(item.x, item.y);
      if (x < -margin || y < -margin || x > width + margin || y > height + margin) continue;
      // Whole pixels: copies stay sharp, and fast without a graphics card.
      c.drawImage(this.symbols.image(item), Math.round(x * ratio - half), Math.round(y * ratio - half));
      inView.push([item, x, y]);
    }
    this.inView = inView;
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.drawCountyNames(c);
    if (this.zoom >= 13.5) this.drawPlates(c, inView);
    this.drawSelected(c);
  }

  drawPlates(c, inView) {
    const taken = new Set();
    c.textAlign = "center";
    for (let index = inView.length - 1; index >= 0; index -= 1) {
      const [item, x, y] = inView[index];
      if (item.vehicle_id === this.fleet.selected) continue; // has a label of its own
      const cells = [-1, 0, 1].map((n) => `${Math.round(x / 34) + n},${Math.round((y + 17) / 16)}`);
      if (cells.some((cell) => taken.has(cell))) continue;
      cells.forEach((cell) => taken.add(cell));
      this.text(c, item.plate, x, y + 17, `11px ${this.font}`, this.colours["ink-2"]);
    }
  }

  drawSelected(c) {
    const item = this.fleet.vehicles.get(this.fleet.selected);
    if (!item?.plausible) return;
    const [x, y] = this.toScreen(item.x, item.y);
    c.lineWidth = 2;
    c.strokeStyle = this.colours.brand;
    for (const radius of [11, 15]) {
      c.beginPath();
      c.arc(x, y, radius, 0, 7);
      c.stroke();
    }
    c.textAlign = "center";
    this.text(c, item.plate, x, y + 26, `600 12px ${this.font}`, this.colours.ink);
  }

  // ---- pointer and keys

  at(px, py) {
    let found = null;
    let nearest = HIT_PX ** 2;
    for (const [item, x, y] of this.inView ?? []) {
      const away = (x - px) ** 2 + (y - py) ** 2;
      if (away <= nearest) [found, nearest] = [item, away];
    }
    return found;
  }

  listen() {
    const { top } = this;
    const pointers = new Map();
    let travelled = 0;
    top.addEventListener("pointerdown", (event) => {
      top.setPointerCapture(event.pointerId);
      pointers.set(event.pointerId, [event.offsetX, event.offsetY]);
      travelled = 0;
      top.focus({ preventScroll: true });
    });
    top.addEventListener("pointermove", (event) => {
      const last = pointers.get(event.pointerId);
      if (!last) {
        const item = this.at(event.offsetX, event.offsetY);
        top.classList.toggle("over", item !== null);
        this.events.hover(item, event.offsetX, event.offsetY);
        return;
      }
      const [dx, dy] = [event.offsetX - last[0], event.offsetY - last[1]];
      travelled += Math.abs(dx) + Math.abs(dy);
      if (pointers.size === 2) {
        const [other] = [...pointers].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
        const before = Math.hypot(last[0] - other[0], last[1] - other[1]);
        const after = Math.hypot(event.offsetX - other[0], event.offsetY - other[1]);
        if (before > 0 && after > 0) this.zoomAt(other[0], other[1], Math.log2(after / before));
      } else if (travelled > 3) {
        top.classList.add("dragging");
        this.events.hover(null);
        this.pan(dx, dy);
      }
      pointers.set(event.pointerId, [event.offsetX, event.offsetY]);
    });
    const release = (event) => {
      if (!pointers.delete(event.pointerId)) return;
      top.classList.remove("dragging");
      if (travelled <= 3 && event.type === "pointerup") this.events.select(this.at(event.offsetX, event.offsetY)?.vehicle_id ?? null);
    };
    top.addEventListener("pointerup", release);
    top.addEventListener("pointercancel", release);
    top.addEventListener("pointerleave", () => this.events.hover(null));
    top.addEventListener("wheel", (event) => {
      event.preventDefault();
      const step = event.deltaMode === 1 ? event.deltaY / 3 : event.deltaY / 100;
      this.zoomAt(event.offsetX, event.offsetY, -Math.max(-1, Math.min(1, step)) * 0.5);
    }, { passive: false });
    top.addEventListener("dblclick", (event) => this.zoomAt(event.offsetX, event.offsetY, 1));
    top.addEventListener("keydown", (event) => this.key(event));
  }

  key(event) {
    const step = 80;
    const actions = {
      ArrowLeft: () => this.pan(step, 0), ArrowRight: () => this.pan(-step, 0),
      ArrowUp: () => this.pan(0, step), ArrowDown: () => this.pan(0, -step),
      "+": () => this.zoomIn(), "=": () => this.zoomIn(), "-": () => this.zoomOut(),
      0: () => this.showCity(),
    };
    if (event.key === "Tab" && this.zoom >= 11 && this.inView?.length) {
      const near = [...this.inView].sort((a, b) => this.fromCentre(a) - this.fromCentre(b)).map(([item]) => item.vehicle_id);
      const next = near.indexOf(this.fleet.selected) + (event.shiftKey ? -1 : 1);
      if (next < 0 || next >= near.length) return; // the ends lead on to the rest of the page
      event.preventDefault();
      this.events.select(near[next]);
      return;
    }
    if (!(event.key in actions) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    actions[event.key]();
  }

  fromCentre([, x, y]) {
    return (x - this.width / 2) ** 2 + (y - this.height / 2) ** 2;
  }

  zoomIn() {
    this.zoomAt(this.width / 2, this.height / 2, 1);
  }

  zoomOut() {
    this.zoomAt(this.width / 2, this.height / 2, -1);
  }
}
