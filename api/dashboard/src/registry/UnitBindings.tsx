import { Button, Form, Modal, Select } from "antd";
import { useState } from "react";
import { Problem } from "../api/problem";
import { invalidate, useGet } from "../api/queries";
import { dayTime, parseLocal } from "../format/time";
import { plainPlate } from "../format/plate";
import { useT } from "../i18n";
import { serverNow } from "../live/useStream";
import { useMay } from "../session/session";
import { Plate } from "../ui/marks";
import { Panel } from "../ui/Panel";
import { ProblemView, Read } from "../ui/states";
import { WallTime } from "../ui/WallTime";
import { change, create } from "./writing";

const wall = (ms: number) => new Date(ms + 8 * 3600_000).toISOString().slice(0, 16).replace("T", " ");

/** Which unit sat in which vehicle, from when to when; a unit is fitted or taken out here. */
export function UnitBindings({ of, id }: { of: "vehicles" | "units"; id: number }) {
  const t = useT("registry");
  const mayWrite = useMay("manage_units");
  const [asking, setAsking] = useState<"fit" | number | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [typed, setTyped] = useState("");
  const [form] = Form.useForm<{ other?: number; at: string }>();
  const query = of === "vehicles" ? { vehicle: id } : { unit: id };
  const found = useGet("/api/v1/bindings", { params: { query } }, { placeholderData: undefined });
  const units = useGet(
    "/api/v1/units",
    { params: { query: { bound: false, limit: 20, ...(typed ? { q: typed } : {}) } } },
    { enabled: asking === "fit" && of === "vehicles" },
  );
  const vehicles = useGet(
    "/api/v1/vehicles",
    { params: { query: { limit: 20, ...(typed ? { q: plainPlate(typed) } : {}) } } },
    { enabled: asking === "fit" && of === "units" },
  );
  const options =
    of === "vehicles"
      ? (units.data?.items ?? []).map((one) => ({ value: one.id, label: one.code }))
      : (vehicles.data?.items ?? []).map((one) => ({ value: one.id, label: one.plate }));
  const items = [...(found.data?.items ?? [])].sort((a, b) => Date.parse(b.from ?? "2015-01-01") - Date.parse(a.from ?? "2015-01-01"));
  const send = async ({ other, at }: { other?: number; at: string }) => {
    setProblem(null);
    const moment = new Date(parseLocal(at)).toISOString();
    const ended = items.find((one) => one.id === asking);
    try {
      if (ended) await change("bindings", ended.id, ended.version, { to: moment });
      else
        await create(
          "bindings",
          of === "vehicles" ? { unit_id: other, vehicle_id: id, from: moment } : { unit_id: id, vehicle_id: other, from: moment },
        );
      for (const path of ["/api/v1/bindings", "/api/v1/vehicles", "/api/v1/units"]) invalidate(path);
      setAsking(null);
    } catch (reason) {
      if (!(reason instanceof Problem)) throw reason;
      setProblem(reason);
    }
  };
  return (
    <Panel
      title={t("bindings")}
      actions={
        mayWrite && (
          <Button size="small" onClick={() => setAsking("fit")}>
            {t("fit")}
          </Button>
        )
      }
    >
      <Read of={found}>
        {() =>
          items.length === 0 ? (
            <p className="quiet">{t("no_bindings")}</p>
          ) : (
            <ol className="spans">
              {items.map((one) => (
                <li key={one.id}>
                  <b>{of === "vehicles" ? one.unit : <Plate plate={one.plate} />}</b>
                  <time>
                    {one.from ? dayTime(one.from) : "—"} – {one.to ? dayTime(one.to) : t("now")}
                  </time>
                  {mayWrite && one.to === null && (
                    <Button size="small" onClick={() => setAsking(one.id)}>
                      {t("take_out")}
                    </Button>
                  )}
                </li>
              ))}
            </ol>
          )
        }
      </Read>
      <Modal
        open={asking !== null}
        title={t(asking === "fit" ? "fit" : "take_out")}
        okText={t("save")}
        cancelText={t("cancel")}
        destroyOnHidden
        width={440}
        onOk={() => form.submit()}
        onCancel={() => {
          setAsking(null);
          setProblem(null);
        }}
      >
        <Form
          form={form}
          layout="vertical"
          requiredMark={false}
          initialValues={{ at: wall(serverNow()) }}
          onFinish={(values) => void send(values)}
          preserve={false}
        >
          {asking === "fit" && (
            <Form.Item name="other" label={t(of === "vehicles" ? "unit" : "plate")} rules={[{ required: true, message: t("needed") }]}>
              <Select showSearch filterOption={false} options={options} onSearch={setTyped} />
            </Form.Item>
          )}
          <Form.Item name="at" label={t(asking === "fit" ? "since" : "until")} rules={[{ required: true, message: t("needed") }]}>
            <WallTime />
          </Form.Item>
        </Form>
        {problem && <ProblemView problem={problem} />}
      </Modal>
    </Panel>
  );
}
