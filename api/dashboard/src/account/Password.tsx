import { App, Button, Form, Input } from "antd";
import { useState } from "react";
import { api, data, isProblem } from "../api/client";
import { useT } from "../i18n";
import { useSession } from "../session/session";
import { Panel } from "../ui/Panel";
import { ProblemView } from "../ui/states";
import { isEasy } from "./passwords";

interface Values {
  password: string;
  new_password: string;
  again: string;
}

/** A new password for the present one; every other log-in of the account ends with it. */
export function Password() {
  const t = useT("account");
  const { me } = useSession();
  const { message } = App.useApp();
  const [form] = Form.useForm<Values>();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const change = async ({ password, new_password }: Values) => {
    setProblem(null);
    setBusy(true);
    try {
      await data(api.POST("/api/v1/auth/password", { body: { password, new_password } }));
      form.resetFields();
      void message.success(t("password_changed"));
    } catch (reason) {
      // The only thing that this route refuses an account is a wrong present password.
      if (isProblem(reason, 403)) {
        form.setFields([{ name: "password", errors: [t("wrong_old")] }]);
        form.focusField("password");
      } else setProblem(reason);
    } finally {
      setBusy(false);
    }
  };
  const same = (_: unknown, again?: string) =>
    again === form.getFieldValue("new_password") ? Promise.resolve() : Promise.reject(new Error(t("differs")));
  const hard = (_: unknown, chosen?: string) =>
    chosen && isEasy(chosen, me.username) ? Promise.reject(new Error(t("too_easy"))) : Promise.resolve();
  return (
    <Panel title={t("password")}>
      <Form form={form} layout="vertical" requiredMark={false} validateTrigger="onSubmit" onFinish={(values) => void change(values)}>
        <input type="text" autoComplete="username" value={me.username} readOnly hidden />
        <Form.Item name="password" label={t("old_password")} rules={[{ required: true, message: t("need_old") }]}>
          <Input.Password autoComplete="current-password" maxLength={200} />
        </Form.Item>
        <Form.Item
          name="new_password" label={t("new_password")} extra={t("new_hint")}
          rules={[{ required: true, min: 10, message: t("need_new") }, { validator: hard }]}
        >
          <Input.Password autoComplete="new-password" maxLength={200} />
        </Form.Item>
        <Form.Item name="again" label={t("again")} dependencies={["new_password"]} rules={[{ validator: same }]}>
          <Input.Password autoComplete="new-password" maxLength={200} />
        </Form.Item>
        {problem !== null && <ProblemView problem={problem} />}
        <Button htmlType="submit" loading={busy}>{t("save")}</Button>
      </Form>
    </Panel>
  );
}
