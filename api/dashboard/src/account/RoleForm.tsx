import { Button, Form } from "antd";
import { useT } from "../i18n";
import { change, keep, type Person } from "./people";
import { RoleFields } from "./RoleFields";
import type { useAct } from "./useAct";

/** Another role or organ for an account; what it may holds from its next request on. */
export function RoleForm({ person, act, onDone }: { person: Person; act: ReturnType<typeof useAct>; onDone: () => void }) {
  const t = useT("account");
  const save = ({ role, organ }: { role: Person["role"]; organ: number | null }) =>
    act.take(async () => {
      keep(await change(person, { role, organ_id: organ }));
      onDone();
    });
  return (
    <Form
      layout="vertical" requiredMark={false} className="grid-form token-form" initialValues={{ role: person.role, organ: person.organ?.id ?? null }}
      onFinish={(values) => void save(values)}
    >
      <RoleFields />
      <div className="wide buttons">
        <Button type="primary" htmlType="submit" loading={act.busy}>{t("keep")}</Button>
        <Button onClick={onDone}>{t("cancel")}</Button>
      </div>
    </Form>
  );
}
