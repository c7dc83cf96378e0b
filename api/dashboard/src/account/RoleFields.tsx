import { Form, Select } from "antd";
import { useT, useWord } from "../i18n";
import { OrganOf } from "./OrganOf";
import { needsOrgan, ROLES, type Person } from "./people";

/** Role and organ of an account; without an organ most roles see the whole city, and the form says so. */
export function RoleFields() {
  const t = useT("account");
  const word = useWord();
  const role = Form.useWatch<Person["role"] | undefined>("role");
  const bound = needsOrgan(role);
  return (
    <>
      <Form.Item name="role" label={t("role")} className="wide" rules={[{ required: true, message: t("need_role") }]}>
        <Select options={ROLES.map((one) => ({ value: one, label: word("role", one) }))} />
      </Form.Item>
      <Form.Item
        name="organ" label={t("organ")} className="wide" dependencies={["role"]} extra={bound ? undefined : t("organ_text")}
        rules={bound ? [{ required: true, message: t("need_organ") }] : []}
      >
        <OrganOf hint={bound ? t("choose_organ") : t("whole_city")} />
      </Form.Item>
    </>
  );
}
