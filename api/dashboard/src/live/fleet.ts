import type { Shape } from "../api/client";

export const STATES = ["moving", "idling", "parked", "silent"] as const;
export type State = (typeof STATES)[number];
export type Item = Shape<"LivePosition">;
export interface PositionsEvent {
  revision: number;
  server_time: string;
  full: boolean;
  items: Item[];
  gone: number[];
}

const NEW_ENERGY = new Set(["phev", "erev", "bev", "fcev"]);
const STATE_INDEX: Record<string, number> = Object.fromEntries(STATES.map((state, index) => [state, index]));

/** One vehicle as the page keeps it; replaced as a whole when it changes, so that components may compare. */
export interface Vehicle {
  id: number;
  item: Item;
  state: number;
  nev: boolean;
  observedMs: number;
}

/** The live fleet, outside React: components subscribe to its version. */
export class Fleet {
  readonly vehicles = new Map<number, Vehicle>();
  counts = [0, 0, 0, 0];
  version = 0;
  loaded = false;
  /** The worst open case of each vehicle: 3 red, 2 yellow, 1 blue. */
  severities: ReadonlyMap<number, number> = new Map();
  /** The open task force of each vehicle that belongs to one: its number on the map. */
  forces: ReadonlyMap<number, number> = new Map();
  private readonly listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  };
  readonly snapshot = () => this.version;

  apply(event: PositionsEvent): void {
    if (event.full) this.vehicles.clear();
    for (const item of event.items) {
      const known = this.vehicles.get(item.vehicle_id);
      if (known && known.item.revision > item.revision) continue;
      this.vehicles.set(item.vehicle_id, {
        id: item.vehicle_id,
        item,
        state: STATE_INDEX[item.state] ?? 3,
        nev: NEW_ENERGY.has(item.energy),
        observedMs: Date.parse(item.observed_at),
      });
    }
    for (const id of event.gone) this.vehicles.delete(id);
    const counts = [0, 0, 0, 0];
    for (const vehicle of this.vehicles.values()) counts[vehicle.state]! += 1;
    this.counts = counts;
    this.loaded = true;
    this.touch();
  }

  setSeverities(severities: ReadonlyMap<number, number>): void {
    this.severities = severities;
    this.touch();
  }

  setForces(forces: ReadonlyMap<number, number>): void {
    this.forces = forces;
    this.touch();
  }

  private touch(): void {
    this.version += 1;
    for (const listener of this.listeners) listener();
  }
}

export const fleet = new Fleet();
