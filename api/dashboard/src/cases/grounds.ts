import { kmOf, number } from "../format/number";
import { clockS, duration, isoDay } from "../format/time";
import { say, type Key, type Lang } from "../i18n";
import { zh } from "../i18n/zh/grounds";

/** A reason as the API tells it: a code, its data, and the server's own words for a code that is newer than this page. */
export interface Ground {
  code: string;
  data: Record<string, unknown>;
  zh: string;
  en: string;
}

/** The reason in words, each value with its unit; the division's name comes from the caller. */
export function groundWords(ground: Ground, lang: Lang, division: (code: number) => string = String): string {
  if (!(ground.code in zh)) return lang === "zh" ? ground.zh : ground.en;
  const values = Object.fromEntries(
    Object.entries(ground.data).map(([name, value]) => [name, name === "division" ? division(Number(value)) : valueWords(name, value, lang)]),
  );
  // What the data do not hold stays a dash.
  return say(lang, "grounds", ground.code as Key<"grounds">, values).replace(/\{\w+\}/g, "—");
}

/** By the name of a value its unit is known: names carry units throughout the API. */
export function valueWords(name: string, value: unknown, lang: Lang): string {
  if (value === null || value === undefined) return "—";
  if (typeof value === "boolean") return say(lang, "cases", value ? "p_on" : "p_off");
  if (typeof value === "string") return momentWords(value);
  if (typeof value !== "number") return String(value);
  if (name.endsWith("_dkmh")) return `${number(value / 10, value % 10 === 0 ? 0 : 1)} km/h`;
  if (name.endsWith("_kmh")) return `${number(value)} km/h`;
  if (name.endsWith("_pct")) return `${number(value)} %`;
  if (name.endsWith("_s") || name === "seconds") return duration(value, lang);
  if (name.endsWith("_m") || name.startsWith("metres")) return metres(value);
  return number(value);
}

/** Below a kilometre in metres, else in kilometres. */
export function metres(value: number): string {
  return Math.abs(value) < 1000 ? `${number(value)} m` : kmOf(value);
}

/** A moment in evidence stands with its seconds; any other text as it is. */
export function momentWords(text: string): string {
  return /^\d{4}-\d\d-\d\dT/.test(text) ? `${isoDay(text)} ${clockS(text)}` : text;
}
