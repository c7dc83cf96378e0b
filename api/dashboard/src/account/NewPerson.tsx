import { Button, Form, Input, Modal } from "antd";
import { useRef, useState } from "react";
import { api, data } from "../api/client";
import { useT } from "../i18n";
import { ProblemView } from "../ui/states";
import { Once } from "./Once";
import { newPassword } from "./passwords";
import { ACCOUNTS, keep, type Person } from "./people";
import { RoleFields } from "./RoleFields";
import { useAct } from "./useAct";

interface Values {
  username: string;
  role: Person["role"];
  organ: number | null;
}

/** A new account; its first password is made here and shown once, for the administrator to hand over. */
export function NewPerson({ onDone, onClose }: { onDone: (id: number) => void; onClose: () => void }) {
  const t = useT("account");
  const [form] = Form.useForm<Values>();
  const fields = useRef<HTMLDivElement>(null);
  const [made, setMade] = useState<{ person: Person; password: string } | null>(null);
  const act = useAct();
  const make = ({ username, role, organ }: Values) =>
    act.take(async () => {
      const password = newPassword(username, (bytes) => crypto.getRandomValues(bytes));
      const person = await data(api.POST(ACCOUNTS, { body: { username, password, role, ...(organ ? { organ_id: organ } : {}) } }));
      keep(person);
      setMade({ person, password });
    });
  return (
    <Modal
      open title={made ? t("person_made", { name: made.person.username }) : t("new_person")} footer={null} width={440} destroyOnHidden
      closable={made === null} keyboard={made === null} onCancel={() => made === null && onClose()}
      afterOpenChange={(shown) => shown && fields.current?.querySelector("input")?.focus()}
    >
      {made ? (
        <Once text={t("password_text")} label={t("first_password")} value={made.password} onKept={() => onDone(made.person.id)} />
      ) : (
        <div ref={fields}>
          <Form form={form} layout="vertical" requiredMark={false} initialValues={{ organ: null }} className="grid-form token-form"
            onFinish={(values) => void make(values)}>
            <Form.Item
              name="username" label={t("name")} className="wide" extra={t("name_text")} validateTrigger="onBlur"
              rules={[{ required: true, pattern: /^[a-z0-9][a-z0-9._-]{1,39}$/, message: t("name_rule") }]}
            >
              <Input maxLength={40} autoComplete="off" autoCapitalize="none" spellCheck={false} />
            </Form.Item>
            <RoleFields />
            {act.problem && (
              <div className="wide">
                {act.problem.status === 409 ? <p className="wrong" role="alert">{t("name_taken")}</p> : <ProblemView problem={act.problem} />}
              </div>
            )}
            <div className="wide buttons end">
              <Button onClick={onClose}>{t("cancel")}</Button>
              <Button type="primary" loading={act.busy} onClick={() => form.submit()}>{t("make_person")}</Button>
            </div>
          </Form>
        </div>
      )}
    </Modal>
  );
}
