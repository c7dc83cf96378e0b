import { isoOf, wallOf, type Order, type PlaceForm } from "./model";

/** An order as the form holds it; times as they stand on the wall. */
export interface Values {
  organ_id?: number | null;
  purpose?: string;
  facts?: Record<string, string | undefined>;
  planned_from: string;
  planned_to: string;
  area: Order["area"];
  origin?: PlaceForm;
  destinations: (PlaceForm | undefined)[];
  passengers: number;
  bodies?: Order["bodies"];
  equipment?: string[];
  contact_name?: string | null;
  contact_phone?: string | null;
  remarks?: string | null;
}

/** Where an unsent form is kept until it is sent. */
export const KEPT = "fleet.dispatch.order";
const HOUR_MS = 3600_000;

/** From the next full hour on, for four hours. */
export function fresh(now: number): Values {
  const begin = Math.ceil(now / HOUR_MS) * HOUR_MS;
  return { planned_from: wallOf(begin), planned_to: wallOf(begin + 4 * HOUR_MS), area: "city", destinations: [undefined], passengers: 1 };
}

export function valuesOf(order: Order): Values {
  return {
    organ_id: order.organ_id,
    purpose: order.purpose,
    facts: order.facts,
    planned_from: wallOf(order.planned_from),
    planned_to: wallOf(order.planned_to),
    area: order.area,
    origin: order.origin,
    destinations: order.destinations.length > 0 ? order.destinations : [undefined],
    passengers: order.passengers,
    bodies: order.bodies,
    equipment: order.equipment,
    contact_name: order.contact_name,
    contact_phone: order.contact_phone,
    remarks: order.remarks,
  };
}

/** What the API takes: only what was filled in. */
export function bodyOf(values: Values): object {
  const facts = Object.fromEntries(Object.entries(values.facts ?? {}).filter(([, text]) => text));
  const text = (value: string | null | undefined) => value?.trim() || null;
  return {
    ...(values.organ_id ? { organ_id: values.organ_id } : {}),
    purpose: values.purpose,
    facts,
    planned_from: isoOf(values.planned_from),
    planned_to: isoOf(values.planned_to),
    area: values.area,
    origin: values.origin,
    destinations: values.destinations.filter((one) => one?.name),
    passengers: values.passengers ?? 0,
    bodies: values.bodies ?? [],
    equipment: values.equipment ?? [],
    contact_name: text(values.contact_name),
    contact_phone: text(values.contact_phone),
    remarks: text(values.remarks),
  };
}
