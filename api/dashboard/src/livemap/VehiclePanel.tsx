import { AimOutlined, CloseOutlined, HistoryOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { Link } from "react-router";
import { useGet } from "../api/queries";
import { coordinates, compassPoint, number } from "../format/number";
import { age, dayBegin, dayTime, fleetDay, isoDay } from "../format/time";
import { useLang, useT, useWord } from "../i18n";
import { fleet } from "../live/fleet";
import { serverNow, useFleetVersion } from "../live/useStream";
import { Plate, StateSymbol } from "../ui/marks";
import { Facts, Pairs, Panel } from "../ui/Panel";
import { Empty } from "../ui/states";
import { useMay } from "../session/session";
import { useOrganNames } from "../ui/organs";
import { ForceFlag } from "./ForceFlag";
import type { Force } from "./forces";
import { VehicleCases } from "./VehicleCases";
import { VehicleDay } from "./VehicleDay";

/** One vehicle: what it is, what it does now. */
export function VehiclePanel({ id, follow, onFollow, onClose, force }: {
  id: number; follow: boolean; onFollow: () => void; onClose: () => void; force: Force | undefined;
}) {
  useFleetVersion();
  const t = useT("map");
  const word = useWord();
  const lang = useLang();
  const names = useOrganNames();
  const mayCases = useMay("read_cases");
  const mayTrips = useMay("read_trips");
  const today = isoDay(dayBegin(serverNow()));
  const day = fleetDay(serverNow());
  const days = useGet(
    "/api/v1/vehicles/{vehicle_id}/days",
    { params: { path: { vehicle_id: id }, query: { from: today, to: today } } },
    { enabled: mayTrips, refetchInterval: 60_000 },
  );
  const detail = useGet("/api/v1/vehicles/{vehicle_id}", { params: { path: { vehicle_id: id } } });
  const vehicle = fleet.vehicles.get(id);
  const known = detail.data?.id === id ? detail.data : undefined;
  if (!vehicle) return <Empty text={t("gone")} action={t("close")} onAction={onClose} />;
  const { item, nev, state } = vehicle;
  const level = nev && item.soc_pct !== null ? item.soc_pct : item.fuel_level_pct;
  const used = number(nev ? days.data?.total.energy_kwh : days.data?.total.fuel_l, 1);
  const heading = item.heading_deg === null ? "—" : word("point", String(compassPoint(item.heading_deg)));
  return (
    <>
      <div className="pad">
        <div className="head">
          <h2><Plate plate={item.plate} chip={nev ? "nev" : "fuel"} /></h2>
          <span className="chip"><StateSymbol state={state} colour={nev ? "var(--nev)" : "var(--fuel)"} />{word("state", item.state)}</span>
          <button type="button" className="x" aria-label={t("close")} onClick={onClose}><CloseOutlined /></button>
        </div>
        <p className="sub">
          <span>{names.get(item.organ_id)}</span>
          {known && <span>{word("use", known.use)}</span>}
          <span>{word("energy", item.energy)}</span>
        </p>
        {force && (
          <p className="sub of-force"><ForceFlag n={force.number} /><Link to={`/dispatch/tasks/${force.id}`}>{force.title}</Link></p>
        )}
        <Facts items={[
          [t("speed"), number(item.speed_kmh), "km/h"],
          [t("heading"), heading, item.heading_deg === null ? "" : `${item.heading_deg}°`],
          [t(nev ? "charge" : "fuel_level"), number(level), "%"],
          ...(mayTrips ? [[t("today_km"), number(days.data?.total.distance_km, 1), "km"] as const] : []),
          ...(mayTrips ? [[t(nev ? "energy_used" : "fuel_used"), used, nev ? "kWh" : "L"] as const] : []),
          [t("last_report"), age(item.observed_at, serverNow(), lang)],
        ]} />
        <div className="acts">
          <Button type={follow ? "default" : "primary"} aria-pressed={follow} icon={<AimOutlined />} onClick={onFollow}>
            {t(follow ? "following" : "follow")}
          </Button>
          {mayTrips && (
            <Link className="as-button" to={`/history?vehicles=${id}&from=${day.from}&to=${day.to}`}>
              <HistoryOutlined aria-hidden />{t("replay")}
            </Link>
          )}
        </div>
      </div>
      <VehicleDay id={id} />
      {mayCases && <VehicleCases id={id} />}
      <Panel title={t("details")}>
        <Pairs items={[
          [t("unit"), `${item.unit} · ${t(item.online ? "unit_online" : "unit_offline")}`],
          ...(known ? [[t("vehicle_kind"), `${word("body", known.body)} · ${word("management", known.management)}`] as const] : []),
          [t("ignition"), t(item.ignition === null ? "unknown" : item.ignition ? "on" : "off")],
          [t("odometer"), item.odometer_km === null ? "—" : `${number(item.odometer_km, 1)} km`],
          [t("coordinates"), item.plausible ? coordinates(item.lat, item.lon) : t("implausible")],
          [t("last_report"), dayTime(item.observed_at)],
        ]} />
      </Panel>
    </>
  );
}
