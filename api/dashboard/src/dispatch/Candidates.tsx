import { Button } from "antd";
import { useEffect, useMemo, useRef, useState } from "react";
import { useGet } from "../api/queries";
import { useLive } from "../live/useStream";
import { useT } from "../i18n";
import { Conflict } from "../ui/Conflict";
import { Empty, Loading, ProblemView } from "../ui/states";
import { useKeys } from "../ui/useKeys";
import { AssignBox } from "./AssignBox";
import { CandidateRow } from "./CandidateRow";
import type { Candidate, Order } from "./model";
import { LostCandidate } from "./LostCandidate";
import { Refusal } from "./Refusal";
import { keep, postTo, useStep } from "./steps";
import { WhyNot } from "./WhyNot";

/** Whom to send: the ranked vehicles with their reasons, the driver, and why another is not offered. */
export function Candidates({
  order,
  chosen,
  onChoose,
  onHover,
  onDone,
}: {
  order: Order;
  chosen: number | null;
  onChoose: (id: number | null) => void;
  onHover?: (id: number | null) => void;
  onDone?: () => void;
}) {
  const t = useT("dispatch");
  const [driver, setDriver] = useState<number | null>(null);
  const [sure, setSure] = useState(false);
  const { link } = useLive();
  const list = useRef<HTMLOListElement>(null);
  const params = { path: { order_id: order.id } };
  const found = useGet(
    "/api/v1/orders/{order_id}/candidates",
    { params: { ...params, query: { limit: 20 } } },
    { refetchInterval: 15_000, placeholderData: undefined },
  );
  const one = useGet(
    "/api/v1/orders/{order_id}/candidates/{vehicle_id}",
    { params: { path: { order_id: order.id, vehicle_id: chosen ?? 0 } } },
    { enabled: chosen !== null, refetchInterval: 15_000, placeholderData: undefined },
  );
  const step = useStep<Order>((answer) => {
    keep(answer);
    onChoose(null);
    onDone?.();
    setSure(false);
  });
  const items = found.data?.items ?? [];
  const last = useRef<Candidate | null>(null);
  last.current = items.find((item) => item.vehicle.id === chosen) ?? (last.current?.vehicle.id === chosen ? last.current : null);
  // Taken by somebody while it was being looked at: it goes to the head of the list, struck through.
  const lost = chosen !== null && found.data && !items.some((item) => item.vehicle.id === chosen) ? last.current : null;
  const drivers = (one.data?.drivers ?? []).filter((offer) => offer.offered);
  // Once for a vehicle: what the person chose then outlives that the list is read again.
  useEffect(() => setDriver(drivers[0]?.driver.id ?? null), [chosen, one.isPending]);
  const stale = link === "stale" || link === "offline";
  const assign = (add: boolean) => {
    if (chosen === null || step.busy) return;
    if (stale && !sure) return setSure(true);
    const present = order.vehicles.map((given) => ({ vehicle_id: given.vehicle.id, driver_id: given.driver?.id ?? null }));
    const body = add ? { vehicles: [...present, { vehicle_id: chosen, driver_id: driver }] } : { vehicle_id: chosen, driver_id: driver };
    void step.take("assign", () => postTo<Order>(`/api/v1/orders/${order.id}/assign`, body, order.version));
  };
  const latest = useRef(assign);
  latest.current = assign;
  useKeys(
    useMemo(
      () => Object.fromEntries(items.slice(0, 9).map((item, index) => [String(index + 1), () => onChoose(item.vehicle.id)])),
      [items, onChoose],
    ),
  );
  useEffect(() => {
    const listen = (event: KeyboardEvent) => event.ctrlKey && event.key === "Enter" && latest.current(order.vehicles.length > 0);
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, [order]);
  const { current } = step;
  return (
    <section className="candidates" aria-label={t("candidates")}>
      <div className="h">
        <h2>{t("candidates")}</h2>
        {found.data && <span>{t("offered_of", { n: found.data.offered, all: found.data.considered })}</span>}
      </div>
      {found.isPending && <Loading rows={6} />}
      {found.error && <ProblemView problem={found.error} onRetry={() => void found.refetch()} />}
      {found.data && items.length === 0 && <Empty text={t("no_candidates")} />}
      <ol ref={list} className="ranked">
        {lost && <LostCandidate plate={lost.vehicle.plate} refusals={one.data?.refusals ?? []} problem={step.problem} />}
        {items.map((item) => (
          <CandidateRow
            key={item.vehicle.id}
            item={item}
            chosen={item.vehicle.id === chosen}
            onChoose={() => onChoose(item.vehicle.id)}
            onHover={onHover}
          >
            <AssignBox
              drivers={drivers}
              others={one.data?.drivers ?? []}
              pending={one.isPending}
              driver={driver}
              onDriver={setDriver}
              order={order}
              busy={step.busy !== ""}
              asksSure={stale && sure}
              onAssign={assign}
            />
            <Refusal problem={step.problem} />
            {current && (
              <Conflict
                differences={[]}
                onTheirs={() => {
                  keep(current);
                  step.clear();
                }}
              />
            )}
          </CandidateRow>
        ))}
      </ol>
      {found.data && <WhyNot order={order.id} notOffered={found.data.not_offered} />}
      {items.length > 0 && chosen === null && (
        <div className="first-only">
          <Button type="primary" block onClick={() => items[0] && onChoose(items[0].vehicle.id)}>
            {t("choose_first")}
          </Button>
        </div>
      )}
    </section>
  );
}
