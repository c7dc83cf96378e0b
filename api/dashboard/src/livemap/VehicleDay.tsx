import { number } from "../format/number";
import { clock, range } from "../format/time";
import { useLang, useT, useWord } from "../i18n";
import { serverNow } from "../live/useStream";
import { DayRibbon } from "../ribbon/DayRibbon";
import { DriverCall } from "../ui/DriverCall";
import { VerdictMark } from "../ui/marks";
import { Pairs, Panel } from "../ui/Panel";
import { Steps } from "../ui/Steps";
import { useDay } from "./day";

const WAY = ["submitted", "approved", "assigned", "departed", "returned", "settled"];

/** What was permitted beside what was driven, today: the order it is on, the ribbon, its trips. */
export function VehicleDay({ id }: { id: number }) {
  const now = serverNow();
  const day = useDay(id, now);
  const t = useT("map");
  const word = useWord();
  const lang = useLang();
  const { current } = day;
  const driver = current?.vehicles.find((given) => given.vehicle.id === id)?.driver;
  return (
    <>
      {day.mayOrders && !day.orders.isPending && (
        <Panel title={t("current_order")} note={current?.number}>
          {current ? (
            <>
              <Pairs items={[
                [t("purpose"), lang === "zh" ? current.purpose_zh : current.purpose_en],
                [t("way"), [current.origin.name, ...current.destinations.map((one) => one.name)].join(" → ")],
                [t("planned"), range(current.planned_from, current.planned_to)],
                [t("area"), word("area", current.area)],
                ...(driver ? [[t("driver"), <DriverCall key={driver.id} driver={driver} />] as const] : []),
              ]} />
              <Steps labels={WAY.map((step) => t(`step_${step}` as "step_submitted"))} done={WAY.indexOf(current.state)} />
            </>
          ) : (
            <p className="quiet">{t("no_order")}</p>
          )}
        </Panel>
      )}
      {(day.mayTrips || day.mayOrders) && (
        <Panel title={t("compare")} note={t("today")}>
          <DayRibbon orders={day.planned} driven={day.driven} day={now} now={now} />
        </Panel>
      )}
      {day.mayTrips && (
        <Panel title={t("trips")} note={t("today")}>
          {day.trips.items.length === 0 && !day.trips.isPending && <p className="quiet">{t("no_trips")}</p>}
          <ul className="mini">
            {day.trips.items.map((one) => (
              <li key={one.id} title={`${one.origin?.name ?? "—"} → ${one.destination?.name ?? "—"}`}>
                <VerdictMark verdict={one.verdict?.kind} />
                <span>
                  {clock(one.started_at)}–{one.running ? "" : clock(one.ended_at ?? one.known_to)}
                  <small>{number(one.distance_km, 1)} km</small>
                </span>
                <span>{one.verdict ? word("verdict", one.verdict.kind) : t("verdict_later")}</span>
              </li>
            ))}
          </ul>
        </Panel>
      )}
    </>
  );
}
