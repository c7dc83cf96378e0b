import { useMemo } from "react";
import { useGet } from "../api/queries";
import { fleet, STATES, type Vehicle } from "../live/fleet";
import { flag, oneOf, some, text, whole, type StateOf } from "../url/useUrlState";
import { useOrgans } from "../ui/organs";

export const ENERGIES = ["petrol", "diesel", "gas", "hev", "phev", "erev", "bev", "fcev"] as const;
export const USES = ["communications", "emergency", "law_enforcement", "special_purpose", "other"] as const;
export const LEVELS = ["red", "yellow", "blue"] as const;

/** Everything the live map's view is made of stands in the address. */
export const ADDRESS = {
  at: text(), county: whole(), organ: whole(), use: some(USES), energy: some(ENERGIES), state: some(STATES), severity: some(LEVELS),
  vehicle: whole(), case: whole(), follow: flag(), view: oneOf(["map", "table"], "map"),
};
export type MapState = StateOf<typeof ADDRESS>;
export const NO_FILTER = { county: null, organ: null, use: [], energy: [], state: [] } satisfies Partial<MapState>;

export const filtered = ({ county, organ, use, energy, state }: MapState) =>
  county !== null || organ !== null || use.length + energy.length + state.length > 0;

/** The organ and all below it; null = no such filter. */
function useBranch(organ: number | null): ReadonlySet<number> | null {
  const { data } = useOrgans();
  return useMemo(() => {
    if (organ === null) return null;
    const below = new Set([organ]);
    // Parents come before their children only by chance: go round until nothing is added.
    for (let size = 0; size < below.size; ) {
      size = below.size;
      for (const one of data?.items ?? []) if (one.parent_id !== null && below.has(one.parent_id)) below.add(one.id);
    }
    return below;
  }, [organ, data]);
}

/** The vehicles of some uses; positions do not tell them, so the register is read, once, when somebody asks. */
function useOfUses(use: readonly (typeof USES)[number][]): ReadonlySet<number> | null {
  const { data } = useGet("/api/v1/vehicles", { params: { query: { use: [...use], limit: 6000 } } }, { enabled: use.length > 0 });
  return useMemo(() => (use.length === 0 ? null : new Set(data?.items.map((one) => one.id))), [use, data]);
}

/** Whether a vehicle is to be drawn; what does not match is not drawn at all. */
export function useFilter(address: MapState): (vehicle: Vehicle) => boolean {
  const { county, energy, state } = address;
  const organs = useBranch(address.organ);
  const ofUses = useOfUses(address.use);
  return useMemo(
    () =>
      ({ id, item }: Vehicle) =>
        (county === null || (item.division ?? 0) === county) &&
        (state.length === 0 || state.includes(item.state)) &&
        (energy.length === 0 || energy.includes(item.energy)) &&
        (organs === null || organs.has(item.organ_id)) &&
        (ofUses === null || ofUses.has(id)),
    [county, energy, state, organs, ofUses],
  );
}

/** How many pass, of how many. */
export function countShown(filter: (vehicle: Vehicle) => boolean): number {
  let shown = 0;
  for (const vehicle of fleet.vehicles.values()) if (filter(vehicle)) shown += 1;
  return shown;
}
