// The list of vehicles: only the rows in view exist, however long it is.

import { h, plate, stateSymbol, update } from "./dom.js";
import { count, since } from "./format.js";
import { t } from "./words.js";

const ROW_PX = 54;

export class VehicleList {
  constructor({ box, spacer, shown, none }, fleet, { select, now }) {
    Object.assign(this, { box, spacer, shown, none, fleet, select, now });
    box.addEventListener("scroll", () => requestAnimationFrame(() => this.drawRows()));
    new ResizeObserver(() => this.drawRows()).observe(box);
    box.addEventListener("keydown", (event) => this.key(event));
    spacer.addEventListener("click", (event) => {
      const row = event.target.closest(".row");
      if (row) select(Number(row.dataset.id), true);
    });
  }

  draw() {
    const items = this.fleet.visible();
    this.spacer.style.height = `${items.length * ROW_PX}px`;
    this.shown.textContent = t("shown", { n: count(items.length), all: count(this.fleet.vehicles.size) });
    this.none.hidden = items.length > 0;
    this.none.firstElementChild.textContent = t(this.fleet.vehicles.size ? "noMatch" : "noVehicles");
    this.none.lastElementChild.hidden = this.fleet.vehicles.size === 0;
    this.drawRows();
  }

  drawRows() {
    const items = this.fleet.visible();
    const first = Math.max(0, Math.floor(this.box.scrollTop / ROW_PX) - 2);
    const last = Math.min(items.length, first + Math.ceil(this.box.clientHeight / ROW_PX) + 5);
    update(this.spacer, items.slice(first, last).map((item) => this.row(item)));
    // Set here and not as an attribute, which the page's policy would refuse.
    [...this.spacer.children].forEach((row, index) => (row.style.top = `${(first + index) * ROW_PX}px`));
  }

  row(item) {
    const colour = item.nev ? "var(--nev)" : "var(--fuel)";
    const speed = item.state === "moving" ? `${Math.round(item.speed_kmh)} km/h` : since(item.observed, this.now());
    return h(
      "div",
      { class: "row", role: "option", id: `row-${item.vehicle_id}`, "data-id": item.vehicle_id, "aria-selected": String(item.vehicle_id === this.fleet.selected) },
      stateSymbol(item.state, colour),
      h("b", null, plate(item.plate)),
      h("span", null, speed),
      h("span", { class: "organ", title: this.fleet.organName(item) }, this.fleet.organName(item) || t(item.state)),
    );
  }

  /** Arrows, or j and k, walk the list. */
  key(event) {
    const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const items = this.fleet.visible();
    const at = items.findIndex((item) => item.vehicle_id === this.fleet.selected);
    const next = Math.min(items.length - 1, Math.max(0, at + step));
    if (!items.length) return;
    const top = next * ROW_PX;
    if (top < this.box.scrollTop) this.box.scrollTop = top;
    else if (top + ROW_PX > this.box.scrollTop + this.box.clientHeight) this.box.scrollTop = top + ROW_PX - this.box.clientHeight;
    this.select(items[next].vehicle_id, true);
    this.box.setAttribute("aria-activedescendant", `row-${items[next].vehicle_id}`);
  }
}
