import { useMemo, useState } from "react";
import { useGet } from "../api/queries";
import { useT } from "../i18n";
import { useFleetVersion } from "../live/useStream";
import { useCoupling } from "../live/useWindows";
import { useMay } from "../session/session";
import { Read } from "../ui/states";
import { Actions } from "./Actions";
import { Amendment } from "./Amendment";
import { Candidates } from "./Candidates";
import { GivenVehicles } from "./GivenVehicles";
import { History } from "./History";
import type { Order } from "./model";
import { OrderFacts } from "./OrderFacts";
import { OrderHead } from "./OrderHead";
import { OrderMap } from "./OrderMap";
import { Sheet } from "./Sheet";
import { Timeline, type TimelineRow } from "./Timeline";
import { EVERY_MS } from "./useInbox";

/** One order between the inbox and the candidates. */
export function OrderView({ id, onBack, onEdit }: { id: number; onBack: () => void; onEdit: (order: Order) => void }) {
  const found = useGet(
    "/api/v1/orders/{order_id}",
    { params: { path: { order_id: id } } },
    { refetchInterval: EVERY_MS, placeholderData: undefined },
  );
  return (
    <Read of={found} rows={10}>
      {(order) => <Shown key={order.id} order={order} onBack={onBack} onEdit={() => onEdit(order)} />}
    </Read>
  );
}

function Shown({ order, onBack, onEdit }: { order: Order; onBack: () => void; onEdit: () => void }) {
  const t = useT("dispatch");
  const tick = useFleetVersion();
  const mayAssign = useMay("assign_vehicles");
  const [chosen, setChosen] = useState<number | null>(null);
  useCoupling(chosen);
  const [hover, setHover] = useState<number | null>(null);
  const assigning = mayAssign && order.next.includes("assign");
  const [wide, setWide] = useState(false);
  const choosing = assigning && (wide || order.vehicles.length === 0);
  const candidates = useGet(
    "/api/v1/orders/{order_id}/candidates",
    { params: { path: { order_id: order.id }, query: { limit: 20 } } },
    { enabled: choosing, refetchInterval: 15_000, placeholderData: undefined },
  );
  const rows = useMemo<TimelineRow[]>(() => {
    const given = order.vehicles.map((one) => ({ id: one.vehicle.id, plate: one.vehicle.plate, rank: null }));
    if (!choosing) return given;
    const offered = (candidates.data?.items ?? [])
      .slice(0, 9)
      .map((one) => ({ id: one.vehicle.id, plate: one.vehicle.plate, rank: one.rank }));
    const extra = candidates.data?.items.find((one) => one.vehicle.id === chosen && (one.rank ?? 0) > 9);
    const last = extra ? [{ id: extra.vehicle.id, plate: extra.vehicle.plate, rank: extra.rank }] : [];
    return [...given, ...offered.filter((one) => !given.some((each) => each.id === one.id)), ...last];
  }, [order, choosing, candidates.data, chosen]);
  // The map follows the fleet every few seconds only: its marks are elements.
  const every = Math.floor(tick / 5);
  const choose = choosing ? setChosen : undefined;
  return (
    <>
      <div className="order-col">
        <OrderHead order={order} onBack={onBack} />
        <Amendment order={order} />
        <OrderFacts order={order} />
        <Actions order={order} onEdit={onEdit} />
        <OrderMap order={order} rows={rows} chosen={chosen} hover={hover} tick={every} onChoose={choose} />
        {rows.length > 0 && <Timeline order={order} rows={rows} chosen={chosen} onChoose={choose} />}
      </div>
      <aside className="side" aria-label={t(choosing ? "candidates" : "vehicles")}>
        {order.vehicles.length > 0 && <GivenVehicles order={order} />}
        {assigning && order.vehicles.length > 0 && !wide && (
          <div className="more-vehicles">
            <button type="button" onClick={() => setWide(true)}>
              {t("other_vehicle")}
            </button>
          </div>
        )}
        {choosing && <Candidates order={order} chosen={chosen} onChoose={setChosen} onHover={setHover} onDone={() => setWide(false)} />}
        {!choosing && order.vehicles.length === 0 && <p className="pad quiet">{t(`side_${sideWord(order)}`)}</p>}
        <History order={order} />
      </aside>
      <Sheet order={order} />
    </>
  );
}

const sideWord = (order: Order) =>
  order.state === "draft" ? "draft" : order.state === "submitted" ? "submitted" : order.state === "approved" ? "approved" : "none";
