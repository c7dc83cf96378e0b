import { useQueries } from "@tanstack/react-query";
import { api, data } from "../api/client";
import { km } from "../format/number";
import { dayWords, isoDay } from "../format/time";
import { useLang, useT } from "../i18n";
import type { Period } from "./address";
import { dayPeriod, daysOf } from "./days";
import type { Chosen } from "./queries";

/** How far each vehicle went on each day of a longer period; a day is opened by a press. */
export function DayChart({ chosen, period, onDay }: { chosen: readonly Chosen[]; period: Period; onDay: (day: Period) => void }) {
  const t = useT("history");
  const lang = useLang();
  const days = daysOf(period);
  const [from, to] = [isoDay(days[0] ?? period.from), isoDay(days.at(-1) ?? period.to)];
  const read = useQueries({
    queries: chosen.map(({ id }) => ({
      queryKey: ["history", "days", id, from, to], placeholderData: undefined,
      queryFn: () => data(api.GET("/api/v1/vehicles/{vehicle_id}/days", { params: { path: { vehicle_id: id }, query: { from, to } } })),
    })),
  });
  const driven = read.map((one) => new Map((one.data?.items ?? []).map((day) => [String(day.day), day.distance_km])));
  const most = Math.max(1, ...driven.flatMap((of) => [...of.values()]));
  return (
    <section className="day-chart" aria-label={t("days")}>
      <div className="h"><h3>{t("days")}</h3><span>{t("days_most", { km: km(most) })}</span></div>
      <ol>
        {days.map((begin) => {
          const day = isoDay(begin);
          const each = chosen.map((one, index) => `${one.letter} ${km(driven[index]?.get(day) ?? 0)} km`);
          const says = `${dayWords(begin, lang)} ${each.join(lang === "zh" ? "," : ", ")}`;
          return (
            <li key={day}>
              <button type="button" title={says} onClick={() => onDay(dayPeriod(begin))}>
                <span className="bars" aria-hidden>
                  {chosen.map((one, index) => (
                    <i key={one.id} className={`l${index}`} style={{ height: `${((driven[index]?.get(day) ?? 0) / most) * 100}%` }} />
                  ))}
                </span>
                <small>{days.length > 14 ? day.slice(8) : day.slice(5)}</small>
              </button>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
