import { App, Button, Drawer, Form } from "antd";
import { useEffect } from "react";
import { api, data } from "../api/client";
import { useLang, useT } from "../i18n";
import { useSession } from "../session/session";
import { Conflict } from "../ui/Conflict";
import { OrderFields } from "./OrderFields";
import { Refusal } from "./Refusal";
import { bodyOf, fresh, KEPT, valuesOf, type Values } from "./orderValues";
import { keep, patchAt, postTo, useStep } from "./steps";
import type { Order } from "./model";

/** A new order, or a draft that is changed. What was typed outlives a failure and a reload. */
export function OrderDrawer({ draft, onDone, onClose }: { draft: Order | null; onDone: (order: Order) => void; onClose: () => void }) {
  const t = useT("dispatch");
  const lang = useLang();
  const { me } = useSession();
  const { message } = App.useApp();
  const [form] = Form.useForm<Values>();
  const step = useStep<Order>((order) => {
    keep(order);
    sessionStorage.removeItem(KEPT);
    for (const one of order.warnings ?? []) void message.warning(lang === "zh" ? one.message_zh : one.message, 6);
    onDone(order);
  });
  useEffect(() => {
    const kept = draft ? null : sessionStorage.getItem(KEPT);
    form.setFieldsValue(kept ? (JSON.parse(kept) as Values) : draft ? valuesOf(draft) : fresh(Date.now()));
  }, [draft, form]);
  const send = (submit: boolean) => async () => {
    const values = await form.validateFields().catch(() => null);
    if (!values) {
      const [first] = form.getFieldsError().filter((one) => one.errors.length > 0);
      if (first) form.scrollToField(first.name, { focus: true });
      return;
    }
    void step.take(submit ? "submit" : "save", async () => {
      const body = bodyOf(values);
      const order = draft
        ? await patchAt<Order>(`/api/v1/orders/${draft.id}`, body, draft.version)
        : ((await data(api.POST("/api/v1/orders", { body: body as never }))) as Order);
      if (!submit) return order;
      try {
        return await postTo<Order>(`/api/v1/orders/${order.id}/submit`);
      } catch (reason) {
        // It is written all the same: go on from the draft, so that it is not written twice.
        keep(order);
        sessionStorage.removeItem(KEPT);
        onDone(order);
        throw reason;
      }
    });
  };
  const { current } = step;
  return (
    <Drawer
      open
      onClose={onClose}
      size={560}
      title={draft ? t("edit_order") : t("new_order")}
      className="order-drawer"
      footer={
        <div className="buttons">
          <Button type="primary" loading={step.busy === "submit"} disabled={step.busy !== ""} onClick={() => void send(true)()}>
            {t("do_submit")}
          </Button>
          <Button loading={step.busy === "save"} disabled={step.busy !== ""} onClick={() => void send(false)()}>
            {t("save_draft")}
          </Button>
          <Button type="text" onClick={onClose}>
            {t("cancel")}
          </Button>
        </div>
      }
    >
      <Refusal problem={step.problem} />
      {current && (
        <Conflict
          differences={[]}
          onTheirs={() => {
            form.setFieldsValue(valuesOf(current));
            keep(current);
            step.clear();
          }}
        />
      )}
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        className="grid-form"
        onValuesChange={(_, all) => draft ?? sessionStorage.setItem(KEPT, JSON.stringify(all))}
      >
        <OrderFields form={form} asksOrgan={me.organ === null} fixedOrgan={draft !== null} />
      </Form>
    </Drawer>
  );
}
