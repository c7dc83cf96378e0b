import { kmOf, kwh, litres, MISSING, number, yuan } from "../format/number";
import type { Answer } from "../api/queries";

/** One answer of a statistic; its other forms are sheets. */
export type Statistic = Exclude<Answer<"/api/v1/statistics/{statistic}">, string>;
export type Definition = Answer<"/api/v1/statistics">["items"][number];
export type Group = Statistic["items"][number];
export type Board = Answer<"/api/v1/nev-board">;
export type Figure = Board["stock"];

/** A statistic's value with the digits that are meant for reading; the unit stands beside it. */
export function figure(value: number | null | undefined, unit: string, decimals: number): string {
  if (value === null || value === undefined) return MISSING;
  if (unit === "CNY") return number(value, 2);
  // A share is read with one decimal; the books of messages must show every digit.
  return number(value, unit === "%" && decimals < 3 ? 1 : Math.min(decimals, 3));
}

/** What changed, with its sign; shares change by percentage points. */
export function change(value: number | null | undefined, unit: string, decimals: number): string {
  if (value === null || value === undefined) return MISSING;
  const text = figure(Math.abs(value), unit, decimals);
  if (Number(text.replaceAll(",", "")) === 0) return "±0";
  return `${value > 0 ? "+" : "−"}${text}`;
}

const COUNTED: ReadonlySet<string> = new Set(["vehicles", "trips", "orders", "cases", "samples", "days", "records"]);

/** A counter in a unit that people read; `word` gives the measure word of what is counted. */
export function part(value: number | undefined, unit: string, word: (unit: string) => string): string {
  if (value === undefined) return MISSING;
  if (COUNTED.has(unit)) return `${number(value)} ${word(unit)}`;
  switch (unit) {
    case "m":
      return kmOf(value);
    case "s":
      return `${number(value / 3600, 1)} h`;
    case "ml":
      return litres(value);
    case "Wh":
      return kwh(value);
    case "mWh":
      return kwh(value / 1000);
    case "mg":
      return `${number(value / 1e9, 3)} t`;
    case "1/1000 fen":
      return yuan(value / 1000);
    default:
      return `${number(value)} ${unit}`;
  }
}

/** The two counters whose quotient a share is. */
export const SHARE_PARTS = {
  stock: ["new_energy", "vehicles"],
  purchases: ["new_energy", "registered"],
  communications: ["communications_new_energy", "communications"],
  distance: ["new_energy_m", "distance_m"],
  energy: ["new_energy_mwh", "energy_mwh"],
} as const;
export type ShareName = keyof typeof SHARE_PARTS;

/** The fraction behind a share, in whole vehicles, kilometres or kilowatt-hours. */
export function fraction(name: ShareName, parts: Record<string, number>): string {
  const [above, below] = SHARE_PARTS[name].map((one) => parts[one] ?? 0) as [number, number];
  if (name === "distance") return `${number(above / 1000)}/${number(below / 1000)} km`;
  if (name === "energy") return `${number(above / 1e6)}/${number(below / 1e6)} kWh`;
  return `${number(above)}/${number(below)}`;
}
