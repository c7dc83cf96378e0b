import { Button, Select } from "antd";
import { useLang, useT } from "../i18n";
import type { DriverOffer, Order } from "./model";

/** The driver for the chosen vehicle, and the press that gives both to the order. */
export function AssignBox({
  drivers,
  others,
  pending,
  driver,
  onDriver,
  order,
  busy,
  asksSure,
  onAssign,
}: {
  drivers: readonly DriverOffer[];
  others: readonly DriverOffer[];
  pending: boolean;
  driver: number | null;
  onDriver: (id: number | null) => void;
  order: Order;
  busy: boolean;
  asksSure: boolean;
  onAssign: (add: boolean) => void;
}) {
  const t = useT("dispatch");
  const lang = useLang();
  const refused = others.filter((one) => !one.offered);
  const options = [
    ...drivers.map(({ driver: one, doubts }) => ({
      value: one.id,
      label: `${one.label} · ${one.licence_class}${doubts.length > 0 ? " ?" : ""}`,
    })),
    ...refused.map(({ driver: one, refusals }) => ({
      value: one.id,
      disabled: true,
      label: `${one.label} · ${refusals.map((why) => (lang === "zh" ? why.zh : why.en)).join(";")}`,
    })),
  ];
  const has = order.vehicles.length > 0;
  return (
    <div className="assign-box">
      <label>
        {t("driver")}
        <Select
          value={driver}
          options={options}
          loading={pending}
          placeholder={t("no_driver")}
          allowClear
          popupMatchSelectWidth={false}
          onChange={(id: number | undefined) => onDriver(id ?? null)}
        />
      </label>
      {asksSure && (
        <p className="wrong" role="alert">
          {t("stale_assign")}
        </p>
      )}
      <div className="buttons">
        <Button type="primary" loading={busy} onClick={() => onAssign(false)} title="Ctrl+Enter">
          {t(asksSure ? "assign_anyway" : has ? "assign_instead" : "assign")}
        </Button>
        {has && (
          <Button disabled={busy} onClick={() => onAssign(true)}>
            {t("assign_add")}
          </Button>
        )}
      </div>
    </div>
  );
}
