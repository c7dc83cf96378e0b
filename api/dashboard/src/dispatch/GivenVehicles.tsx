import { Link } from "react-router";
import { useGet } from "../api/queries";
import { number } from "../format/number";
import { clock, dayTime } from "../format/time";
import { useT } from "../i18n";
import { fleet } from "../live/fleet";
import { DriverCall } from "../ui/DriverCall";
import { Plate, StateSymbol } from "../ui/marks";
import { Pairs, Panel } from "../ui/Panel";
import type { Order } from "./model";

const SAID = ["queued", "sent", "acknowledged", "refused", "expired", "withdrawn"] as const;

/** The vehicles of the order: driver, departure and return, what it cost, and whether the unit knows. */
export function GivenVehicles({ order }: { order: Order }) {
  const t = useT("dispatch");
  const commands = useGet(
    "/api/v1/orders/{order_id}/commands",
    { params: { path: { order_id: order.id } } },
    { refetchInterval: 10_000, placeholderData: undefined },
  );
  const told = (vehicle: number) => commands.data?.items.filter((one) => one.vehicle.id === vehicle && one.kind === "order").at(-1);
  const moment = (at: string | null, source: string | null) =>
    at ? `${dayTime(at)}${source === "road" ? ` · ${t("by_road")}` : ""}` : "—";
  return (
    <Panel title={t("vehicles")} note={t("vehicles_n", { n: order.vehicles.length })}>
      {order.vehicles.map((given) => {
        const live = fleet.vehicles.get(given.vehicle.id);
        const command = told(given.vehicle.id);
        const state = SAID.find((one) => one === command?.state);
        return (
          <div className="given" key={given.vehicle.id}>
            <div className="head-line">
              <b>
                <Plate plate={given.vehicle.plate} />
              </b>
              {live && <StateSymbol state={live.state} />}
              <span className="push" />
              <Link to={`/map?vehicle=${given.vehicle.id}`}>{t("on_map")}</Link>
            </div>
            <Pairs
              items={[
                [t("driver"), given.driver ? <DriverCall key="d" driver={given.driver} /> : "—"],
                [t("assigned_by"), `${given.assigned_by.username} ${clock(given.assigned_at)}`],
                ...(state ? [[t("unit"), `${t(`told_${state}`)}${command?.reason ? `:${command.reason}` : ""}`] as const] : []),
                [t("departed_at"), moment(given.departed_at, given.departure_source)],
                [t("returned_at"), moment(given.returned_at, given.return_source)],
                ...(given.driven_km === null ? [] : [[t("driven"), `${number(given.driven_km, 1)} km`] as const]),
                ...(given.fuel_l === null ? [] : [[t("fuel_l"), `${number(given.fuel_l, 1)} L`] as const]),
                ...(given.energy_kwh === null ? [] : [[t("energy_kwh"), `${number(given.energy_kwh, 1)} kWh`] as const]),
                ...(given.total_yuan === null ? [] : [[t("cost"), `¥${number(given.total_yuan, 2)}`] as const]),
                ...(given.remarks ? [[t("remarks"), given.remarks] as const] : []),
              ]}
            />
          </div>
        );
      })}
    </Panel>
  );
}
