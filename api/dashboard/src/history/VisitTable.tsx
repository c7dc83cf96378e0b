import { Link } from "react-router";
import type { Shape } from "../api/client";
import { number } from "../format/number";
import { dayTime, duration, isoDay, clock } from "../format/time";
import { useLang, useT } from "../i18n";
import { Plate } from "../ui/marks";
import { iso, type Period } from "./address";

type Visit = Shape<"Visit">;
const MARGIN_MS = 30 * 60_000;

/** Who came, when, for how long, how near, and on what that rests. */
export function VisitTable({ visits, period }: { visits: readonly Visit[]; period: Period }) {
  const lang = useLang();
  const t = useT("history");
  if (visits.length === 0) return null;
  const replay = (visit: Visit) => {
    const from = Math.max(period.from, Date.parse(visit.entered_at) - MARGIN_MS);
    const to = Math.min(period.to, (visit.left_at === null ? period.to : Date.parse(visit.left_at)) + MARGIN_MS);
    return `/history?vehicles=${visit.vehicle_id}&from=${iso(from)}&to=${iso(Math.max(to, from + 1))}&at=${visit.closest_at}`;
  };
  return (
    <div className="visits" tabIndex={0} role="region" aria-label={t("tab_visits")}>
      <table className="plain-table">
        <caption>{t("tab_visits")}</caption>
        <thead>
          <tr><th scope="col">{t("v_plate")}</th><th scope="col">{t("v_entered")}</th><th scope="col" className="figure">{t("v_closest")}</th></tr>
        </thead>
        <tbody>
          {visits.map((visit) => (
            <tr key={`${visit.kind}-${visit.trip_id ?? visit.stop_id}-${visit.entered_at}`}>
              <th scope="row">
                <Link to={replay(visit)} title={t("v_show")}><Plate plate={visit.plate} /></Link>
                <small>{t(visit.kind === "trip" ? "v_trip" : "v_stop")}</small>
              </th>
              <td>
                <span title={dayTime(visit.entered_at)}>{isoDay(visit.entered_at).slice(5)} {clock(visit.entered_at)}</span>
                <small>
                  {visit.left_at === null ? t("v_still")
                    : `${t("v_stay")} ${duration((Date.parse(visit.left_at) - Date.parse(visit.entered_at)) / 1000, lang)}`}
                </small>
              </td>
              <td className="figure">{number(visit.closest_m)} m<small>{t(`ev_${visit.evidence}`)}</small></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
