import { kmOf } from "../format/number";
import { dayTime, duration, range } from "../format/time";
import { useLang, useT, useWord } from "../i18n";
import { serverNow } from "../live/useStream";
import { useSession } from "../session/session";
import type { Period } from "./address";
import type { Chosen, Entry } from "./queries";

/** What is printed as evidence: who printed it and why, and everything each vehicle did, with places and verdicts. */
export function PrintSheet({ chosen, period, purpose }: { chosen: readonly Chosen[]; period: Period; purpose: string | null }) {
  const { me } = useSession();
  const lang = useLang();
  const t = useT("history");
  const word = useWord();
  const place = (of: { name: string | null; name_en: string | null } | null) => (lang === "en" ? of?.name_en : null) ?? of?.name ?? "—";
  const what = (item: Entry) => {
    const length = duration((Date.parse(item.known_to) - Date.parse(item.started_at)) / 1000, lang);
    if (item.kind === "stop") return `${t("stop", { length })} · ${place(item.place)}`;
    if (item.kind === "gap") return t("gap", { length });
    return `${place(item.origin)} → ${place(item.destination)} · ${length}`;
  };
  return (
    <div className="print-sheet" aria-hidden>
      <h1>{t("print_title")}</h1>
      <p>{dayTime(period.from)} – {dayTime(period.to)} · {t("printed", { time: dayTime(serverNow()), who: me.username })}</p>
      {purpose !== null && <p>{t("print_purpose", { purpose })}</p>}
      {chosen.map((one) => (
        <section key={one.id}>
          <h2>{one.letter} {one.plate}</h2>
          <table className="plain-table">
            <caption>{t("table")} {one.plate}</caption>
            <thead><tr><th>{t("c_time")}</th><th>{t("c_what")}</th><th>{t("c_km")}</th><th>{t("c_verdict")}</th></tr></thead>
            <tbody>
              {(one.timeline?.items ?? []).map((item) => (
                <tr key={`${item.kind}-${item.id}`}>
                  <td>{range(item.started_at, item.ended_at)}</td>
                  <td>{what(item)}</td>
                  <td>{item.kind === "trip" ? kmOf(item.distance_km * 1000) : ""}</td>
                  <td>{item.kind === "trip" && item.verdict ? word("verdict", item.verdict.kind) : ""}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      ))}
    </div>
  );
}
