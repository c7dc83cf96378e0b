import type { Key } from "../i18n";
import type { Right } from "../session/session";

export const KINDS = ["vehicles", "organs", "drivers", "units", "areas"] as const;
export type Kind = (typeof KINDS)[number];
export type RecordShown = { id: number; version: number } & Record<string, unknown>;

/** How one field of a record is shown and written; `words`: the group of its slugs. */
export interface Field {
  name: string;
  label: Key<"registry">;
  type: "text" | "number" | "day" | "moment" | "choice" | "organ" | "yes" | "tags" | "division";
  words?: string;
  choices?: readonly string[];
  unit?: string;
  needed?: boolean;
  long?: boolean;
  /** Only when the record is new. */
  once?: boolean;
}

const USE = ["communications", "emergency", "law_enforcement", "special_purpose", "other"] as const;
const MANAGEMENT = ["retained", "platform", "leased"] as const;
const ENERGY = ["petrol", "diesel", "gas", "hev", "phev", "erev", "bev", "fcev"] as const;
const STATUS = ["in_service", "repair", "sealed", "retired"] as const;
const BODY = ["saloon", "suv", "mpv", "bus", "pickup", "truck", "ambulance", "laboratory", "cold_chain", "disinfection"] as const;
const ORGAN = [
  "city",
  "county",
  "party",
  "government",
  "peoples_congress",
  "consultative_conference",
  "court",
  "procuratorate",
  "institution",
  "mass_organisation",
] as const;
export const FILTERS = { use: USE, management: MANAGEMENT, energy: ENERGY, status: STATUS } as const;

export const FIELDS: Record<Exclude<Kind, "areas">, readonly Field[]> = {
  vehicles: [
    { name: "plate", label: "plate", type: "text", needed: true },
    { name: "vin", label: "vin", type: "text" },
    { name: "organ_id", label: "organ", type: "organ", needed: true },
    { name: "division", label: "division", type: "division", needed: true },
    { name: "use", label: "use", type: "choice", words: "use", choices: USE, needed: true },
    { name: "management", label: "management", type: "choice", words: "management", choices: MANAGEMENT, needed: true },
    { name: "energy", label: "energy", type: "choice", words: "energy", choices: ENERGY, needed: true },
    { name: "status", label: "status", type: "choice", words: "status", choices: STATUS, needed: true },
    { name: "body", label: "body", type: "choice", words: "body", choices: BODY, needed: true },
    { name: "seats", label: "seats", type: "number", needed: true },
    { name: "model", label: "model", type: "text" },
    { name: "equipment", label: "equipment", type: "tags" },
    { name: "displacement_ml", label: "displacement", type: "number", unit: "ml" },
    { name: "tank_l", label: "tank", type: "number", unit: "L" },
    { name: "battery_kwh", label: "battery", type: "number", unit: "kWh" },
    { name: "rated_range_km", label: "rated_range", type: "number", unit: "km" },
    { name: "price_yuan", label: "price", type: "number", unit: "¥" },
    { name: "purchased_on", label: "purchased_on", type: "day" },
    { name: "registered_on", label: "registered_on", type: "day" },
    { name: "retired_on", label: "retired_on", type: "day" },
    { name: "marked", label: "marked", type: "yes" },
    { name: "remarks", label: "remarks", type: "text", long: true },
  ],
  organs: [
    { name: "code", label: "code", type: "text", needed: true },
    { name: "name", label: "name", type: "text", needed: true },
    { name: "kind", label: "kind", type: "choice", words: "kind", choices: ORGAN, needed: true },
    { name: "division", label: "division", type: "division", needed: true },
    { name: "parent_id", label: "parent", type: "organ" },
    { name: "vehicle_quota", label: "quota", type: "number" },
    { name: "energy_saving", label: "energy_saving", type: "yes" },
    { name: "retired_on", label: "dissolved_on", type: "day" },
  ],
  drivers: [
    { name: "label", label: "driver_label", type: "text", needed: true },
    { name: "organ_id", label: "organ", type: "organ", needed: true },
    { name: "licence_class", label: "licence_class", type: "text", needed: true },
    { name: "licence_expires_on", label: "licence_expires", type: "day", needed: true },
    { name: "phone", label: "phone", type: "text" },
    { name: "retired_on", label: "left_on", type: "day" },
  ],
  units: [
    { name: "code", label: "unit_code", type: "text", needed: true, once: true },
    { name: "division", label: "division", type: "division", needed: true },
    { name: "retired_at", label: "retired_at", type: "moment" },
  ],
};

export const RIGHTS: Record<Kind, { read: Right; write: Right }> = {
  vehicles: { read: "read_registry", write: "manage_vehicles" },
  organs: { read: "read_registry", write: "manage_organs" },
  drivers: { read: "read_drivers", write: "manage_drivers" },
  units: { read: "read_registry", write: "manage_units" },
  areas: { read: "read_registry", write: "manage_areas" },
};

export const fieldsOf = (kind: Kind) => (kind === "areas" ? [] : FIELDS[kind]);

/** What was typed and differs from what was read, as the patch that the API takes; null empties a field. */
export function patchOf(
  fields: readonly Field[],
  before: Readonly<Record<string, unknown>> | null,
  values: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const patch: Record<string, unknown> = {};
  for (const { name, type } of fields) {
    if (!(name in values)) continue;
    const raw = values[name];
    const value = raw === undefined || raw === "" ? (type === "yes" ? false : type === "tags" ? [] : null) : raw;
    if (before === null ? value !== null : JSON.stringify(value) !== JSON.stringify(before[name] ?? null)) patch[name] = value;
  }
  return patch;
}
