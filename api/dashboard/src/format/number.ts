/** What is missing is a dash, never 0 and never blank; say why with a title. */
export const MISSING = "—";

type Amount = number | null | undefined;
const known = (value: Amount): value is number => value !== null && value !== undefined && Number.isFinite(value);

const fixed = (digits: number) =>
  new Intl.NumberFormat("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
const FORMATS = [fixed(0), fixed(1), fixed(2), fixed(3)];

/** `6,000`; with `digits` decimals. */
export function number(value: Amount, digits = 0): string {
  return known(value) ? (FORMATS[digits] ?? fixed(digits)).format(value) : MISSING;
}

/** Kilometres without the unit: one decimal below 1,000. */
export function km(value: Amount): string {
  return number(value, known(value) && Math.abs(value) >= 1000 ? 0 : 1);
}

/** Metres as kilometres with the unit: `86.4 km`. */
export function kmOf(metres: Amount): string {
  return known(metres) ? `${km(metres / 1000)} km` : MISSING;
}

/** `9.3 L` from millilitres. */
export function litres(millilitres: Amount): string {
  return known(millilitres) ? `${number(millilitres / 1000, 1)} L` : MISSING;
}

/** `42.1 kWh` from watt-hours. */
export function kwh(wattHours: Amount): string {
  return known(wattHours) ? `${number(wattHours / 1000, 1)} kWh` : MISSING;
}

/** `¥1,240.00` from fen. */
export function yuan(fen: Amount): string {
  return known(fen) ? `¥${number(fen / 100, 2)}` : MISSING;
}

/** `31.4 % (188/598)`: a share is never shown without its fraction. */
export function share(part: Amount, whole: Amount): string {
  if (!known(part) || !known(whole) || whole === 0) return MISSING;
  return `${number((part / whole) * 100, 1)} % (${number(part)}/${number(whole)})`;
}

/** `70 %` */
export function percent(value: Amount, digits = 0): string {
  return known(value) ? `${number(value, digits)} %` : MISSING;
}

/** `25.49834, 103.80273`: latitude first. */
export function coordinates(lat: number, lon: number): string {
  return `${lat.toFixed(5)}, ${lon.toFixed(5)}`;
}

/** Which of the eight points of the compass a heading is nearest to: 0 = north, 2 = east. */
export function compassPoint(headingDeg: number): number {
  return Math.round((((headingDeg % 360) + 360) % 360) / 45) % 8;
}
