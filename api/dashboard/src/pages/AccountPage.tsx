import { Button, Form, Input, App } from "antd";
import { useState } from "react";
import { api, data } from "../api/client";
import { useT, useWord } from "../i18n";
import { useSession } from "../session/session";
import { Pairs, Panel } from "../ui/Panel";
import { ProblemView } from "../ui/states";

/** Who one is here, what one may do, and one's password. */
export default function AccountPage() {
  const { me } = useSession();
  const [problem, setProblem] = useState<unknown>(null);
  const [form] = Form.useForm<{ password: string; new_password: string }>();
  const { message } = App.useApp();
  const t = useT("shell");
  const word = useWord();
  const change = async (body: { password: string; new_password: string }) => {
    setProblem(null);
    try {
      await data(api.POST("/api/v1/auth/password", { body }));
      form.resetFields();
      void message.success(t("password_changed"));
    } catch (reason) {
      setProblem(reason);
    }
  };
  return (
    <div className="page narrow">
      <h1>{t("account_page")}</h1>
      <Panel title={me.username}>
        <Pairs items={[
          [t("account"), word("role", me.role)],
          ...(me.organ ? [[t("search_organs"), me.organ.name] as const] : []),
          [t("second_factor"), t(me.second_factor ? "on" : "off")],
        ]} />
      </Panel>
      <Panel title={t("change_password")}>
        <Form form={form} layout="vertical" requiredMark={false} onFinish={(values) => void change(values)}>
          <Form.Item name="password" label={t("old_password")} rules={[{ required: true, message: t("need_both") }]}>
            <Input.Password autoComplete="current-password" />
          </Form.Item>
          <Form.Item name="new_password" label={t("new_password")} rules={[{ required: true, min: 10, message: t("new_password") }]}>
            <Input.Password autoComplete="new-password" />
          </Form.Item>
          {problem !== null && <ProblemView problem={problem} />}
          <Button type="primary" htmlType="submit">{t("save")}</Button>
        </Form>
      </Panel>
    </div>
  );
}
