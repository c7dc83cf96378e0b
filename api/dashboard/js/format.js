// Numbers, times and places as people read them; times are those of the city, whatever the browser's zone.

import { language, t } from "./words.js";

const CLOCK = new Intl.DateTimeFormat("en-GB", { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", second: "2-digit" });
const HOUR = new Intl.DateTimeFormat("en-GB", { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit" });
const DATE = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai", dateStyle: "short", timeStyle: "medium" });
const COUNT = new Intl.NumberFormat("en-US");

export const count = (n) => COUNT.format(n);
export const clock = (ms) => CLOCK.format(ms);
export const hourOf = (ms) => HOUR.format(ms);
export const moment = (ms) => DATE.format(ms);
export const MISSING = "—";

export function decimal(value, digits = 1) {
  return value === null || value === undefined ? MISSING : value.toFixed(digits);
}

export function distanceKm(km) {
  if (km === null || km === undefined) return MISSING;
  return km < 1000 ? km.toFixed(1) : count(Math.round(km));
}

export function age(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return t("ago_s", { n: seconds });
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return t("ago_m", { n: minutes });
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? t("ago_h", { h: hours, m: minutes % 60 }) : null;
}

/** How long ago, or the date when it is more than a day. */
export const since = (then, now) => age(now - then) ?? moment(then);

export function duration(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  return seconds < 60 ? t("dur_s", { n: seconds }) : t("dur_m", { m: Math.floor(seconds / 60), n: seconds % 60 });
}

const WINDS = ["N", "NE", "E", "SE", "S", "SW", "W", "NW"];
export const wind = (degrees) => t(WINDS[Math.round(degrees / 45) % 8]);

export const divisionName = (properties) => (language === "zh" ? properties.name : properties.name_en);
