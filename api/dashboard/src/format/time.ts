import type { Lang } from "../i18n";

/** All times are those of Shanghai, whatever the browser's zone; there is no summer time. */
const ZONE_MS = 8 * 3600_000;
const HOUR_MS = 3600_000;
const DAY_MS = 24 * HOUR_MS;
/** The fleet's day begins at 04:00. */
export const DAY_BEGINS_H = 4;

export type Moment = string | number | Date;

const two = (value: number) => String(value).padStart(2, "0");
const ms = (moment: Moment) => (typeof moment === "number" ? moment : moment instanceof Date ? moment.getTime() : Date.parse(moment));
/** A date whose UTC fields are Shanghai's. */
const local = (moment: Moment) => new Date(ms(moment) + ZONE_MS);

/** `14:05` */
export function clock(moment: Moment): string {
  const at = local(moment);
  return `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`;
}

/** `14:05:09`, for what is live and for evidence. */
export function clockS(moment: Moment): string {
  return `${clock(moment)}:${two(local(moment).getUTCSeconds())}`;
}

/** `2026-11-23` */
export function isoDay(moment: Moment): string {
  const at = local(moment);
  return `${at.getUTCFullYear()}-${two(at.getUTCMonth() + 1)}-${two(at.getUTCDate())}`;
}

/** `2026-11-23 14:05` */
export function dayTime(moment: Moment): string {
  return `${isoDay(moment)} ${clock(moment)}`;
}

/** `2026-11-23 14:05:09`, for evidence. */
export function dayTimeS(moment: Moment): string {
  return `${isoDay(moment)} ${clockS(moment)}`;
}

const WEEKDAYS = { zh: ["周日", "周一", "周二", "周三", "周四", "周五", "周六"], en: ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] };
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `11月23日 周一`, `Mon 23 Nov` */
export function dayWords(moment: Moment, lang: Lang): string {
  const at = local(moment);
  const weekday = WEEKDAYS[lang][at.getUTCDay()];
  if (lang === "zh") return `${at.getUTCMonth() + 1}月${at.getUTCDate()}日 ${weekday}`;
  return `${weekday} ${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]}`;
}

/** `11-23 14:00–18:00`; both dates where they differ. Without an end: `11-23 14:00–`. */
export function range(from: Moment, to: Moment | null | undefined): string {
  const begin = `${isoDay(from).slice(5)} ${clock(from)}`;
  if (to === null || to === undefined) return `${begin}–`;
  return isoDay(from) === isoDay(to) ? `${begin}–${clock(to)}` : `${begin} – ${isoDay(to).slice(5)} ${clock(to)}`;
}

/** `47 分钟`, `2 小时 05 分` */
export function duration(seconds: number, lang: Lang): string {
  const total = Math.max(0, Math.round(seconds));
  if (total < 60) return lang === "zh" ? `${total} 秒` : `${total} s`;
  const minutes = Math.round(total / 60);
  if (minutes < 60) return lang === "zh" ? `${minutes} 分钟` : `${minutes} min`;
  const [hours, rest] = [Math.floor(minutes / 60), two(minutes % 60)];
  if (hours < 48) return lang === "zh" ? `${hours} 小时 ${rest} 分` : `${hours} h ${rest} min`;
  return lang === "zh" ? `${Math.floor(hours / 24)} 天 ${hours % 24} 小时` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** `3 秒前`, `12 分钟前`, `1 小时 26 分前`; older than a day: the date. `now`: the server's clock. */
export function age(moment: Moment, now: number, lang: Lang): string {
  const seconds = Math.max(0, (now - ms(moment)) / 1000);
  if (seconds >= 86_400) return `${isoDay(moment).slice(5)} ${clock(moment)}`;
  return lang === "zh" ? `${duration(seconds, lang)}前` : `${duration(seconds, lang)} ago`;
}

/** Where the fleet's day that holds `moment` begins (04:00 in Shanghai), in milliseconds. */
export function dayBegin(moment: Moment): number {
  const shifted = ms(moment) + ZONE_MS - DAY_BEGINS_H * HOUR_MS;
  return Math.floor(shifted / DAY_MS) * DAY_MS - ZONE_MS + DAY_BEGINS_H * HOUR_MS;
}

/** The fleet's day of `moment` as [from, to) for the API. */
export function fleetDay(moment: Moment): { from: string; to: string } {
  const begin = dayBegin(moment);
  return { from: new Date(begin).toISOString(), to: new Date(begin + DAY_MS).toISOString() };
}

/** The moment of a Shanghai wall time, `2026-11-23` or `2026-11-23 14:05`. */
export function parseLocal(text: string): number {
  const [day, time = "00:00"] = text.split(/[ T]/);
  return Date.parse(`${day}T${time}+08:00`);
}
