import { App, Button, Modal, Popconfirm } from "antd";
import { useState } from "react";
import { invalidate } from "../api/queries";
import { useT } from "../i18n";
import { Once } from "./Once";
import { newPassword } from "./passwords";
import { ACCOUNTS, change, dropFactor, keep, unlock, type Person } from "./people";
import { RoleForm } from "./RoleForm";
import type { useAct } from "./useAct";

/** What an administrator does about somebody's account; each says beforehand what it ends. */
export function PersonActs({ person, act }: { person: Person; act: ReturnType<typeof useAct> }) {
  const t = useT("account");
  const { message } = App.useApp();
  const [editing, setEditing] = useState(false);
  const [password, setPassword] = useState<string | null>(null);
  const disabled = person.disabled_at !== null;
  const done = (told: string) => {
    invalidate(ACCOUNTS);
    void message.success(told);
  };
  const reset = () =>
    act.take(async () => {
      const made = newPassword(person.username, (bytes) => crypto.getRandomValues(bytes));
      keep(await change(person, { password: made }));
      setPassword(made);
    });
  const turn = () =>
    act.take(async () => {
      keep(await change(person, { disabled: !disabled }));
      done(t(disabled ? "enabled_now" : "disabled_now"));
    });
  const free = () => act.take(async () => { await unlock(person.id); done(t("unlocked_now")); });
  const drop = () => act.take(async () => { await dropFactor(person.id); done(t("factor_dropped")); });
  if (editing) return <RoleForm person={person} act={act} onDone={() => setEditing(false)} />;
  const sure = (title: string, ok: string, work: () => Promise<void>, label = ok) => (
    <Popconfirm title={title} okText={ok} cancelText={t("cancel")} onConfirm={() => void work()}>
      <Button>{label}</Button>
    </Popconfirm>
  );
  return (
    <div className="person-acts">
      <Button onClick={() => { act.clear(); setEditing(true); }}>{t("change_role")}</Button>
      {sure(t("reset_text"), t("reset"), reset, t("reset_password"))}
      {person.second_factor && sure(t("drop_text"), t("drop"), drop, t("drop_factor"))}
      {person.locked_until && <Button onClick={() => void free()}>{t("unlock")}</Button>}
      {disabled ? <Button loading={act.busy} onClick={() => void turn()}>{t("enable")}</Button> : sure(t("disable_text"), t("disable"), turn)}
      <Modal
        open={password !== null} title={t("reset_done", { name: person.username })} footer={null} closable={false} keyboard={false} width={440}
        destroyOnHidden
      >
        {password !== null && <Once text={t("password_text")} label={t("new_password")} value={password} onKept={() => setPassword(null)} />}
      </Modal>
    </div>
  );
}
