import { Form, Input, InputNumber, Modal, Select } from "antd";
import type { Problem } from "../api/problem";
import { useT, useWord } from "../i18n";
import { WallTime } from "../ui/WallTime";
import { isoOf, wallOf, type Order, type PlaceForm } from "./model";
import { PlaceField } from "./PlaceField";
import { Refusal } from "./Refusal";

interface Values {
  planned_to: string;
  area: Order["area"];
  passengers: number;
  destination?: PlaceForm;
  why: string;
}

/** Asks for more time, a wider area, another destination. It permits nothing before it is approved. */
export function AmendDialog({
  order,
  busy,
  problem,
  onSend,
  onClose,
}: {
  order: Order;
  busy: boolean;
  problem: Problem | null;
  onSend: (body: object) => void;
  onClose: () => void;
}) {
  const t = useT("dispatch");
  const word = useWord();
  const [form] = Form.useForm<Values>();
  const send = ({ planned_to, area, passengers, destination, why }: Values) => {
    const end = isoOf(planned_to);
    onSend({
      why,
      ...(Date.parse(end) === Date.parse(order.planned_to) ? {} : { planned_to: end }),
      ...(area === order.area ? {} : { area }),
      ...(passengers === order.passengers ? {} : { passengers }),
      ...(destination?.name ? { destinations: [...order.destinations, destination] } : {}),
    });
  };
  return (
    <Modal
      open
      title={t("do_amend")}
      okText={t("ask_amend")}
      cancelText={t("cancel")}
      confirmLoading={busy}
      width={520}
      destroyOnHidden
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      <p className="quiet">{t("amend_text")}</p>
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        onFinish={send}
        className="grid-form"
        initialValues={{ planned_to: wallOf(order.planned_to), area: order.area, passengers: order.passengers }}
      >
        <Form.Item name="planned_to" label={t("planned_to")} rules={[{ required: true, message: t("need_time") }]}>
          <WallTime />
        </Form.Item>
        <Form.Item name="area" label={t("area")}>
          <Select options={(["county", "city", "province", "beyond"] as const).map((value) => ({ value, label: word("area", value) }))} />
        </Form.Item>
        <Form.Item name="passengers" label={t("passengers")}>
          <InputNumber min={0} max={1000} />
        </Form.Item>
        <Form.Item name="destination" label={t("further_destination")} className="wide">
          <PlaceField />
        </Form.Item>
        <Form.Item name="why" label={t("why_needed")} className="wide" rules={[{ required: true, min: 2, message: t("why_missing") }]}>
          <Input.TextArea rows={2} maxLength={1000} />
        </Form.Item>
      </Form>
      <Refusal problem={problem} />
    </Modal>
  );
}
