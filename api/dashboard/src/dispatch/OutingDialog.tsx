import { Form, Input, InputNumber, Modal, Select } from "antd";
import type { Problem } from "../api/problem";
import { useT } from "../i18n";
import { serverNow } from "../live/useStream";
import { WallTime } from "../ui/WallTime";
import { isoOf, wallOf, type Order } from "./model";
import { Refusal } from "./Refusal";

const COSTS = ["fuel_l", "energy_kwh", "fuel_yuan", "energy_yuan", "tolls_yuan", "parking_yuan", "other_yuan"] as const;
type Values = Record<string, string | number | null | undefined>;

/** Departure, return, or the correction of either: times, readings and what was paid. */
export function OutingDialog({
  order,
  action,
  busy,
  problem,
  onSend,
  onClose,
}: {
  order: Order;
  action: "depart" | "return" | "correct";
  busy: boolean;
  problem: Problem | null;
  onSend: (body: object) => void;
  onClose: () => void;
}) {
  const t = useT("dispatch");
  const [form] = Form.useForm<Values>();
  const able = order.vehicles.filter((one) =>
    action === "depart"
      ? !one.departed_at || one.departure_source === "road"
      : action === "return"
        ? one.departed_at !== null
        : one.departed_at !== null,
  );
  const [first] = able;
  const chosen = Form.useWatch("vehicle_id", form) ?? first?.vehicle.id;
  const given = able.find((one) => one.vehicle.id === chosen) ?? first;
  const send = (values: Values) => {
    const body: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(values)) {
      if (value === undefined || value === "" || (value === null && action !== "correct")) continue;
      body[name] = (name === "at" || name.endsWith("_at")) && typeof value === "string" ? isoOf(value) : value;
    }
    onSend(body);
  };
  const now = wallOf(serverNow());
  const initial: Values =
    action === "correct" && given
      ? {
          vehicle_id: given.vehicle.id,
          departed_at: given.departed_at && wallOf(given.departed_at),
          returned_at: given.returned_at && wallOf(given.returned_at),
          odometer_out_km: given.odometer_out_km,
          odometer_in_km: given.odometer_in_km,
        }
      : { vehicle_id: first?.vehicle.id ?? null, at: action === "return" && first?.returned_at ? wallOf(first.returned_at) : now };
  return (
    <Modal
      open
      title={t(`do_${action}`)}
      okText={t(`do_${action}`)}
      cancelText={t("cancel")}
      confirmLoading={busy}
      width={520}
      destroyOnHidden
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      <Form form={form} layout="vertical" initialValues={initial} onFinish={send} requiredMark={false} className="grid-form">
        {able.length > 1 && (
          <Form.Item name="vehicle_id" label={t("vehicle")}>
            <Select options={able.map((one) => ({ value: one.vehicle.id, label: one.vehicle.plate }))} />
          </Form.Item>
        )}
        {action !== "correct" && (
          <Form.Item name="at" label={t(action === "depart" ? "departed_at" : "returned_at")}>
            <WallTime />
          </Form.Item>
        )}
        {action !== "correct" && (
          <Form.Item name="odometer_km" label={t("odometer")}>
            <InputNumber min={0} max={1000000} precision={1} suffix="km" autoFocus />
          </Form.Item>
        )}
        {action === "correct" && (
          <>
            <Form.Item name="departed_at" label={t("departed_at")}>
              <WallTime />
            </Form.Item>
            <Form.Item name="returned_at" label={t("returned_at")}>
              <WallTime />
            </Form.Item>
            <Form.Item name="odometer_out_km" label={t("odometer_out")}>
              <InputNumber min={0} max={1000000} precision={1} suffix="km" />
            </Form.Item>
            <Form.Item name="odometer_in_km" label={t("odometer_in")}>
              <InputNumber min={0} max={1000000} precision={1} suffix="km" />
            </Form.Item>
          </>
        )}
        {action === "return" &&
          COSTS.map((name) => (
            <Form.Item key={name} name={name} label={t(name)}>
              <InputNumber min={0} max={1000000} precision={2} suffix={name.endsWith("_l") ? "L" : name.endsWith("_kwh") ? "kWh" : "¥"} />
            </Form.Item>
          ))}
        {action === "return" && (
          <Form.Item name="remarks" label={t("remarks")} className="wide">
            <Input maxLength={1000} />
          </Form.Item>
        )}
        {action === "correct" && (
          <Form.Item name="why" label={t("why_needed")} className="wide" rules={[{ required: true, min: 2, message: t("why_missing") }]}>
            <Input.TextArea rows={2} maxLength={1000} />
          </Form.Item>
        )}
      </Form>
      <Refusal problem={problem} />
    </Modal>
  );
}
