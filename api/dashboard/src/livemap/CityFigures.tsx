import { useList } from "../api/queries";
import { number } from "../format/number";
import { fleetDay } from "../format/time";
import { useT } from "../i18n";
import { serverNow } from "../live/useStream";
import { useMay } from "../session/session";
import { Facts } from "../ui/Panel";
import { fleet } from "../live/fleet";

const MOST = 1000;
const EVERY_MS = 60_000;

/** What waits and what goes on today, as far as the account may know it. */
export function CityFigures({ openCases }: { openCases: number | null }) {
  const t = useT("map");
  const mayOrders = useMay("read_orders");
  const options = { enabled: mayOrders, refetchInterval: EVERY_MS, limit: MOST };
  const waiting = useList("/api/v1/orders", { undecided: true }, options);
  const today = useList("/api/v1/orders", fleetDay(serverNow()), options);
  const tasks = useList("/api/v1/tasks", { open: true }, { ...options, limit: 100 });
  const [moving = 0, idling = 0] = fleet.counts;
  const count = (found: { items: readonly unknown[]; more: unknown; isPending: boolean }) =>
    found.isPending ? "—" : `${number(found.items.length)}${found.more ? "+" : ""}`;
  const called = tasks.items.reduce((sum, one) => sum + one.called, 0);
  let nev = 0;
  for (const vehicle of fleet.vehicles.values()) if (vehicle.nev && vehicle.state < 2) nev += 1;
  return (
    <Facts columns={2} items={[
      [t("on_road"), number(moving + idling), `/ ${number(fleet.vehicles.size)} ${t("vehicle_unit")}`],
      [t("nev_on_road"), number(nev), t("vehicle_unit")],
      ...(mayOrders ? [
        [t("to_approve"), count(waiting), t("order_unit")],
        [t("orders_today"), count(today), t("order_unit")],
        [t("tasks"), count(tasks), called > 0 ? t("called", { n: number(called) }) : t("group_unit")],
      ] as const : []),
      ...(openCases === null ? [] : [[t("open_cases"), number(openCases), t("case_unit")] as const]),
    ]} />
  );
}
