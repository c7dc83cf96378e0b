import { Form, Modal } from "antd";
import type { Problem } from "../api/problem";
import { useT } from "../i18n";
import { NeedFields, type Need } from "./NeedFields";
import { Refusal } from "./Refusal";

/** Further vehicles: the nearest that may go, by need. */
export function CallDialog({
  busy,
  problem,
  onSend,
  onClose,
}: {
  busy: boolean;
  problem: Problem | null;
  onSend: (needs: Need[]) => void;
  onClose: () => void;
}) {
  const t = useT("dispatch");
  const [form] = Form.useForm<{ needs: Need[] }>();
  return (
    <Modal
      open
      title={t("call_more")}
      okText={t("call_now")}
      cancelText={t("cancel")}
      confirmLoading={busy}
      width={640}
      destroyOnHidden
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      <p className="quiet">{t("call_text")}</p>
      <Form form={form} layout="vertical" initialValues={{ needs: [{ count: 1 }] }} onFinish={({ needs }) => onSend(needs)}>
        <NeedFields />
      </Form>
      <Refusal problem={problem} />
    </Modal>
  );
}
