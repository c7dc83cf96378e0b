import { App, Button, Drawer, Popconfirm } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { useGet } from "../api/queries";
import { api, data, purposeHeader } from "../api/client";
import { invalidate } from "../api/queries";
import { Problem, problemSentence } from "../api/problem";
import { useLang, useT } from "../i18n";
import { useMay } from "../session/session";
import { Pairs, Panel } from "../ui/Panel";
import { Masked } from "../ui/Purpose";
import { Read } from "../ui/states";
import { fieldsOf, RIGHTS, type Kind, type RecordShown } from "./kinds";
import { RecordForm } from "./RecordForm";
import { UnitBindings } from "./UnitBindings";
import { Value } from "./Value";
import { VehicleHistory } from "./VehicleHistory";
import { remove } from "./writing";

const ONE = { vehicles: "vehicle_id", organs: "organ_id", drivers: "driver_id", units: "unit_id" } as const;

/** One record: its fields, what hangs on it, and its change. */
export function RecordDrawer({
  kind,
  id,
  editing,
  onEdit,
  onClose,
}: {
  kind: Exclude<Kind, "areas">;
  id: number;
  editing: boolean;
  onEdit: (on: boolean) => void;
  onClose: () => void;
}) {
  const t = useT("registry");
  const lang = useLang();
  const { message } = App.useApp();
  const mayWrite = useMay(RIGHTS[kind].write);
  const mayUnmask = useMay("unmask");
  const [phone, setPhone] = useState("");
  const path = `/api/v1/${kind}/{${ONE[kind]}}` as "/api/v1/vehicles/{vehicle_id}";
  const found = useGet(path, { params: { path: { [ONE[kind]]: id } as never } }, { placeholderData: undefined });
  const record = found.data as unknown as RecordShown | undefined;
  const unmask = async (purpose: string) => {
    const params = { path: { driver_id: id }, query: { unmask: true }, header: purposeHeader(purpose) };
    setPhone((await data(api.GET("/api/v1/drivers/{driver_id}", { params }))).phone ?? "—");
  };
  const drop = async () => {
    if (!record) return;
    try {
      await remove(kind, id, record.version);
      invalidate(`/api/v1/${kind}`);
      onClose();
    } catch (reason) {
      void message.error(reason instanceof Problem && reason.slug === "conflict-in-use" ? t("in_use") : problemSentence(reason, lang), 6);
    }
  };
  const title = record ? String(record["plate"] ?? record["name"] ?? record["label"] ?? record["code"]) : "";
  return (
    <Drawer
      open
      onClose={onClose}
      size={480}
      title={title}
      mask={false}
      className="record-drawer"
      extra={
        mayWrite &&
        !editing &&
        record && (
          <span className="buttons">
            <Button size="small" type="primary" title="e" onClick={() => onEdit(true)}>
              {t("edit")}
            </Button>
            <Popconfirm title={t("remove_text")} okText={t("remove")} cancelText={t("cancel")} onConfirm={() => void drop()}>
              <Button size="small">{t("remove")}</Button>
            </Popconfirm>
          </span>
        )
      }
    >
      <Read of={{ ...found, data: record }}>
        {(one) =>
          editing ? (
            <RecordForm kind={kind} record={one} onDone={() => onEdit(false)} onCancel={() => onEdit(false)} />
          ) : (
            <>
              <Pairs
                items={fieldsOf(kind).map((field) => [
                  t(field.label),
                  field.name === "phone" && one["phone"] ? (
                    phone || <Masked key="p" value={String(one["phone"])} may={mayUnmask} onPurpose={(why) => void unmask(why)} />
                  ) : (
                    <Value key={field.name} field={field} value={one[field.name]} />
                  ),
                ])}
              />
              {kind === "vehicles" && (
                <p className="links">
                  <Link to={`/map?vehicle=${id}`}>{t("on_map")}</Link>
                </p>
              )}
              {kind === "organs" && (
                <p className="links">
                  <Link to={`/registry/vehicles?organ=${id}`}>{t("its_vehicles")}</Link>
                </p>
              )}
              {(kind === "vehicles" || kind === "units") && <UnitBindings of={kind} id={id} />}
              {kind === "vehicles" && <VehicleHistory id={id} />}
              <Panel title={t("record")}>
                <Pairs
                  items={[
                    [t("number"), String(id)],
                    [t("version"), String(one.version)],
                  ]}
                />
              </Panel>
            </>
          )
        }
      </Read>
    </Drawer>
  );
}
