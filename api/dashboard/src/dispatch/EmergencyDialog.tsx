import { Form, Input, Modal, Select } from "antd";
import { useRef } from "react";
import { api, data } from "../api/client";
import { useGet } from "../api/queries";
import { useLang, useT } from "../i18n";
import { serverNow } from "../live/useStream";
import { useSession } from "../session/session";
import type { Order, PlaceForm } from "./model";
import { OrganField } from "./OrganField";
import { PlaceField } from "./PlaceField";
import { Refusal } from "./Refusal";
import { keep, postTo, useStep } from "./steps";

interface Values {
  organ_id?: number;
  purpose: string;
  what: string;
  place: PlaceForm;
  contact_name: string;
  contact_phone: string;
}

const HOURS = 8;

/** What for, where, whom to call: enough to send a vehicle at once. It is approved afterwards, while the clock runs. */
export function EmergencyDialog({ onDone, onClose }: { onDone: (order: Order) => void; onClose: () => void }) {
  const t = useT("dispatch");
  const lang = useLang();
  const { me } = useSession();
  const [form] = Form.useForm<Values>();
  const fields = useRef<HTMLDivElement>(null);
  const purposes = useGet("/api/v1/orders/purposes", {}, { staleTime: Infinity });
  const known = (purposes.data?.items ?? []).filter((one) => one.emergency);
  const slug = Form.useWatch("purpose", form);
  const fact = known.find((one) => one.slug === slug)?.facts.find((one) => one.required);
  const step = useStep<Order>((order) => {
    keep(order);
    onDone(order);
  });
  const send = (values: Values) =>
    step.take("send", async () => {
      const now = serverNow();
      const body = {
        ...(values.organ_id ? { organ_id: values.organ_id } : {}),
        purpose: values.purpose,
        facts: fact ? { [fact.slug]: values.what } : {},
        emergency: true,
        passengers: 1,
        area: "city" as const,
        planned_from: new Date(now).toISOString(),
        planned_to: new Date(now + HOURS * 3600_000).toISOString(),
        origin: values.place,
        destinations: [values.place],
        contact_name: values.contact_name,
        contact_phone: values.contact_phone,
      };
      const order = (await data(api.POST("/api/v1/orders", { body: body as never }))) as Order;
      return postTo<Order>(`/api/v1/orders/${order.id}/submit`);
    });
  const placed = (_: unknown, place?: PlaceForm) =>
    place?.name && (place.area_id || place.lat != null)
      ? Promise.resolve()
      : Promise.reject(new Error(t(place?.name ? "place_unset" : "need_place")));
  const need = (message: string) => [{ required: true, message }];
  return (
    <Modal
      open
      title={t("emergency")}
      okText={t("emergency_go")}
      cancelText={t("cancel")}
      confirmLoading={step.busy !== ""}
      width={520}
      destroyOnHidden
      // The dialog takes the focus itself when it opens, so a field can only have it afterwards.
      afterOpenChange={(shown) => shown && fields.current?.querySelector("input")?.focus()}
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      <p className="quiet">{t("emergency_text", { h: HOURS })}</p>
      <div ref={fields}>
      <Form form={form} layout="vertical" requiredMark={false} onFinish={(values) => void send(values)} className="grid-form">
        {me.organ === null && (
          <Form.Item name="organ_id" label={t("organ")} className="wide" rules={need(t("need_organ"))}>
            <OrganField />
          </Form.Item>
        )}
        <Form.Item name="purpose" label={t("purpose")} rules={need(t("need_purpose"))}>
          <Select options={known.map((one) => ({ value: one.slug, label: one[lang] }))} />
        </Form.Item>
        <Form.Item name="what" label={fact ? fact[lang] : t("what")} rules={need(t("need_what"))}>
          <Input maxLength={200} />
        </Form.Item>
        <Form.Item name="place" label={t("place")} className="wide" rules={[{ validator: placed }]}>
          <PlaceField />
        </Form.Item>
        <Form.Item name="contact_name" label={t("contact_name")} rules={need(t("need_contact"))}>
          <Input maxLength={60} autoComplete="off" />
        </Form.Item>
        <Form.Item
          name="contact_phone"
          label={t("contact_phone")}
          rules={[{ required: true, pattern: /^\+?[0-9][0-9 -]{4,18}[0-9]$/, message: t("need_phone") }]}
        >
          <Input maxLength={24} autoComplete="off" inputMode="tel" />
        </Form.Item>
      </Form>
      </div>
      <Refusal problem={step.problem} />
    </Modal>
  );
}
