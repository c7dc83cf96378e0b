import { App, Button, Drawer, Form, Input, InputNumber, Select } from "antd";
import { api, data, type Shape } from "../api/client";
import { invalidate } from "../api/queries";
import { useT, useWord } from "../i18n";
import { serverNow } from "../live/useStream";
import { useSession } from "../session/session";
import { WallTime } from "../ui/WallTime";
import { isoOf, wallOf, type PlaceForm } from "./model";
import { NeedFields, type Need } from "./NeedFields";
import { OrganField } from "./OrganField";
import { PlaceField } from "./PlaceField";
import { Refusal } from "./Refusal";
import { useStep } from "./steps";

interface Values {
  organ_id?: number;
  title: string;
  why: string;
  place: PlaceForm;
  radius_m: number;
  planned_to: string;
  area: "county" | "city" | "province" | "beyond";
  needs: Need[];
}

/** Begins a task force: the nearest vehicles that may go are chosen by need, booked, and called at once. */
export function ForceDrawer({ onDone, onClose }: { onDone: (id: number) => void; onClose: () => void }) {
  const t = useT("dispatch");
  const word = useWord();
  const { me } = useSession();
  const { message } = App.useApp();
  const [form] = Form.useForm<Values>();
  const step = useStep<Shape<"Called">>((made) => {
    invalidate("/api/v1/tasks");
    invalidate("/api/v1/orders/inbox");
    const short = made.selection.reduce((sum, one) => sum + one.wanted - one.called, 0);
    void (short > 0
      ? message.warning(t("called_short", { n: made.roster.length, short }), 8)
      : message.success(t("called_all", { n: made.roster.length })));
    onDone(made.id);
  });
  const send = (values: Values) =>
    void step.take(
      "begin",
      () =>
        data(api.POST("/api/v1/tasks", { body: { ...values, planned_to: isoOf(values.planned_to) } as never })) as Promise<Shape<"Called">>,
    );
  const need = (message: string, min = 1) => [{ required: true, min, message }];
  const placed = (_: unknown, place?: PlaceForm) =>
    place?.name && (place.area_id || place.lat != null)
      ? Promise.resolve()
      : Promise.reject(new Error(t(place?.name ? "place_unset" : "need_place")));
  return (
    <Drawer
      open
      onClose={onClose}
      size={640}
      title={t("new_force")}
      className="order-drawer"
      footer={
        <div className="buttons">
          <Button type="primary" loading={step.busy !== ""} onClick={() => form.submit()}>
            {t("call_now")}
          </Button>
          <Button type="text" onClick={onClose}>
            {t("cancel")}
          </Button>
        </div>
      }
    >
      <p className="quiet">{t("force_text")}</p>
      <Refusal problem={step.problem} />
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        className="grid-form"
        onFinish={send}
        initialValues={{ radius_m: 3000, area: "city", planned_to: wallOf(serverNow() + 24 * 3600_000), needs: [{ count: 3 }] }}
      >
        {me.organ === null && (
          <Form.Item name="organ_id" label={t("organ")} className="wide" rules={[{ required: true, message: t("need_organ") }]}>
            <OrganField />
          </Form.Item>
        )}
        <Form.Item name="title" label={t("force_title")} className="wide" rules={need(t("need_title"), 2)}>
          <Input maxLength={100} />
        </Form.Item>
        <Form.Item name="why" label={t("force_why")} className="wide" rules={need(t("need_why"), 2)}>
          <Input.TextArea rows={2} maxLength={1000} />
        </Form.Item>
        <Form.Item name="place" label={t("place")} className="wide" rules={[{ validator: placed }]}>
          <PlaceField />
        </Form.Item>
        <Form.Item name="radius_m" label={t("radius")}>
          <InputNumber min={50} max={50000} step={500} suffix="m" />
        </Form.Item>
        <Form.Item name="planned_to" label={t("planned_to")} rules={[{ required: true, message: t("need_time") }]}>
          <WallTime />
        </Form.Item>
        <Form.Item name="area" label={t("area")}>
          <Select options={(["county", "city", "province", "beyond"] as const).map((value) => ({ value, label: word("area", value) }))} />
        </Form.Item>
        <NeedFields />
      </Form>
    </Drawer>
  );
}
