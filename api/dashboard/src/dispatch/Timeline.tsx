import { useMemo } from "react";
import { Link } from "react-router";
import { useGet } from "../api/queries";
import { clock, dayWords, isoDay, range } from "../format/time";
import { useLang, useT } from "../i18n";
import { serverNow } from "../live/useStream";
import { Plate } from "../ui/marks";
import { bar, deskHours, deskSpan, overlaps, type Order } from "./model";

export interface TimelineRow {
  id: number;
  plate: string;
  rank: number | null;
}

/** What each vehicle has to do on the day of the order, 06 to 22 at least, and the order itself where it would stand. */
export function Timeline({
  order,
  rows,
  chosen,
  onChoose,
}: {
  order: Order;
  rows: readonly TimelineRow[];
  chosen: number | null;
  onChoose?: ((id: number) => void) | undefined;
}) {
  const t = useT("dispatch");
  const lang = useLang();
  const own = { from: Date.parse(order.planned_from), to: Date.parse(order.planned_to) };
  const span = useMemo(() => deskSpan(own), [own.from, own.to]);
  const hours = useMemo(() => deskHours(span), [span]);
  const ids = rows.map((row) => row.id);
  const query = { vehicle: ids, from: new Date(span.from).toISOString(), to: new Date(span.to).toISOString(), limit: 500 };
  const found = useGet("/api/v1/orders", { params: { query } }, { enabled: ids.length > 0, refetchInterval: 15_000 });
  const of = (id: number) =>
    (found.data?.items ?? []).flatMap((one) => {
      const given = [...one.vehicles].find((each) => each.vehicle.id === id);
      if (!given || one.id === order.id) return [];
      return [{ order: one, from: Date.parse(given.departed_at ?? one.planned_from), to: Date.parse(given.returned_at ?? one.planned_to) }];
    });
  const now = serverNow();
  const at = bar(now, now + 1, span);
  const placed = bar(own.from, own.to, span);
  return (
    <section className="timeline" aria-label={t("timeline")}>
      <div className="h">
        <h3>{t("timeline")}</h3>
        <span>
          {isoDay(span.from) === isoDay(span.to)
            ? `${dayWords(span.from, lang)} ${clock(span.from)}–${clock(span.to)}`
            : range(span.from, span.to)}
        </span>
      </div>
      <div className="grid">
        <div className="hours" aria-hidden>
          {hours.map(({ at: left, hour }) => (
            <span key={left} style={{ left: `${left}%` }}>
              {hour}
            </span>
          ))}
        </div>
        {rows.map((row) => {
          const others = of(row.id);
          const mine = order.vehicles.some((given) => given.vehicle.id === row.id);
          const clash = others.some((one) => overlaps(one, own));
          return (
            <div key={row.id} className={row.id === chosen ? "row chosen" : "row"}>
              <button type="button" disabled={!onChoose} onClick={() => onChoose?.(row.id)}>
                {row.rank !== null && <b>{row.rank}</b>}
                <Plate plate={row.plate} />
              </button>
              <div className="track">
                {hours.map(({ at: left }) => (
                  <s key={left} style={{ left: `${left}%` }} />
                ))}
                {others.map((one) => {
                  const drawn = bar(one.from, one.to, span);
                  return (
                    drawn && (
                      <Link
                        key={one.order.id}
                        to={`/dispatch/orders/${one.order.id}`}
                        className={`other ${one.order.state}`}
                        style={{ left: `${drawn.left}%`, width: `${drawn.width}%` }}
                        title={`${one.order.number} ${clock(one.from)}–${clock(one.to)}`}
                      >
                        {lang === "zh" ? one.order.purpose_zh : one.order.purpose_en}
                      </Link>
                    )
                  );
                })}
                {placed && (mine || row.id === chosen) && (
                  <span
                    className={`own ${mine ? "given" : ""} ${clash && !mine ? "clash" : ""}`}
                    style={{ left: `${placed.left}%`, width: `${placed.width}%` }}
                  >
                    {clock(own.from)}–{clock(own.to)}
                  </span>
                )}
                {at && <i className="now" style={{ left: `${at.left}%` }} />}
              </div>
            </div>
          );
        })}
      </div>
    </section>
  );
}
