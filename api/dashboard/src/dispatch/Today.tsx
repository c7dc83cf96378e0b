import { useMemo } from "react";
import { Link } from "react-router";
import { useGet } from "../api/queries";
import { number } from "../format/number";
import { clock, dayWords } from "../format/time";
import { useLang, useT, useWord } from "../i18n";
import { serverNow } from "../live/useStream";
import { Facts, Panel } from "../ui/Panel";
import { Read } from "../ui/states";
import type { Tab } from "./model";
import { useCounts } from "./useInbox";

/** Nothing is open: the day itself is shown, with what waits and what begins next. */
export function Today({ organ, label, onTab }: { organ: number | null; label: string; onTab: (tab: Tab) => void }) {
  const t = useT("dispatch");
  const word = useWord();
  const lang = useLang();
  const counts = useCounts(organ);
  const minute = Math.floor(serverNow() / 60_000) * 60_000;
  const from = new Date(minute).toISOString();
  const query = useMemo(
    () => ({
      state: ["submitted", "approved", "assigned"] as const,
      from,
      to: new Date(minute + 24 * 3600_000).toISOString(),
      limit: 200,
      ...(organ === null ? {} : { organ }),
    }),
    [from, organ],
  );
  const next = useGet("/api/v1/orders", { params: { query: { ...query, state: [...query.state] } } }, { refetchInterval: 30_000 });
  const soon = (next.data?.items ?? [])
    .filter((one) => Date.parse(one.planned_from) > minute)
    .sort((a, b) => Date.parse(a.planned_from) - Date.parse(b.planned_from))
    .slice(0, 12);
  return (
    <div className="order-col today" aria-label={label}>
      <div className="order-head">
        <div className="line">
          <h1>{dayWords(minute, lang)}</h1>
        </div>
      </div>
      <Read of={counts}>
        {(data) => (
          <div className="pad">
            <Facts
              items={[
                [
                  t("tab_approve"),
                  <button key="a" type="button" onClick={() => onTab("approve")}>
                    {number(data.undecided)}
                  </button>,
                ],
                [
                  t("tab_assign"),
                  <button key="b" type="button" onClick={() => onTab("assign")}>
                    {number(data.to_assign)}
                  </button>,
                ],
                [t("given_today"), number(data.given_today)],
                [word("order", "assigned"), number(data.states.assigned ?? 0)],
                [word("order", "departed"), number(data.states.departed ?? 0)],
                [t("to_settle"), number(data.states.returned ?? 0)],
              ]}
            />
            {data.overdue > 0 && <p className="wrong">{t("overdue_n", { n: data.overdue })}</p>}
          </div>
        )}
      </Read>
      <Panel title={t("next_up")}>
        {soon.length === 0 ? (
          <p className="quiet">{t("nothing_next")}</p>
        ) : (
          <table className="soon">
            <tbody>
              {soon.map((one) => (
                <tr key={one.id}>
                  <td>
                    <Link to={`/dispatch/orders/${one.id}`}>{clock(one.planned_from)}</Link>
                  </td>
                  <td>{lang === "zh" ? one.purpose_zh : one.purpose_en}</td>
                  <td>{one.organ.name}</td>
                  <td>{one.destinations.map((each) => each.name).join(" → ")}</td>
                  <td>{word("order", one.state)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Panel>
    </div>
  );
}
