// The fleet as the page knows it: one map of vehicles, filled by the stream, read by map, list and panels.

export const STATES = ["moving", "idling", "parked", "silent"];
const NEW_ENERGY = new Set(["phev", "erev", "bev", "fcev"]);
const ORDER = Object.fromEntries(STATES.map((state, index) => [state, index]));
const SHRINK = Math.cos((25.7 * Math.PI) / 180);

/** Degrees to the page's flat plane: one unit is a degree of latitude, y points down. */
export const project = (lon, lat) => [lon * SHRINK, -lat];
export const unproject = (x, y) => [x / SHRINK, -y];

const plain = (text) => text.normalize("NFKC").toUpperCase().replace(/[\s·•・.-]/g, "");

export class Fleet {
  constructor() {
    this.vehicles = new Map();
    this.organs = new Map();
    this.states = new Set(STATES);
    this.county = "";
    this.query = "";
    this.selected = null;
    this.changed = () => {};
    this.dirty = true;
    this.chosen = [];
  }

  apply(event) {
    if (event.full) this.vehicles.clear();
    for (const item of event.items) {
      [item.x, item.y] = project(item.lon, item.lat);
      item.nev = NEW_ENERGY.has(item.energy);
      item.observed = Date.parse(item.observed_at);
      this.vehicles.set(item.vehicle_id, item);
    }
    for (const id of event.gone) this.vehicles.delete(id);
    this.touch();
  }

  touch() {
    this.dirty = true;
    this.changed();
  }

  set(filter) {
    Object.assign(this, filter);
    this.touch();
  }

  organName(item) {
    return this.organs.get(item.organ_id) ?? "";
  }

  /** Vehicles that pass the filters: moving first, then by plate. */
  visible() {
    if (!this.dirty) return this.chosen;
    const wanted = plain(this.query);
    const asTyped = this.query.trim();
    const chosen = [];
    for (const item of this.vehicles.values()) {
      if (!this.states.has(item.state)) continue;
      if (this.county !== "" && String(item.division ?? 0) !== this.county) continue;
      if (wanted && !plain(item.plate).includes(wanted) && !this.organName(item).includes(asTyped)) continue;
      chosen.push(item);
    }
    chosen.sort((a, b) => ORDER[a.state] - ORDER[b.state] || (a.plate < b.plate ? -1 : a.plate > b.plate ? 1 : 0));
    this.chosen = chosen;
    this.dirty = false;
    return chosen;
  }

  /** Counts by state, over all and by county (0 = outside the city), regardless of the filters. */
  counts() {
    const none = () => ({ moving: 0, idling: 0, parked: 0, silent: 0 });
    const all = { ...none(), total: this.vehicles.size, online: 0, nevOnRoad: 0 };
    const counties = new Map();
    for (const item of this.vehicles.values()) {
      const county = item.division ?? 0;
      if (!counties.has(county)) counties.set(county, none());
      counties.get(county)[item.state] += 1;
      all[item.state] += 1;
      if (item.online) all.online += 1;
      if (item.nev && (item.state === "moving" || item.state === "idling")) all.nevOnRoad += 1;
    }
    return { all, counties };
  }
}
