import { DatePicker, Input, Modal, Select } from "antd";
import { useRef, useState, type ComponentRef, type ReactNode } from "react";
import { useGet } from "../api/queries";
import { parseLocal } from "../format/time";
import { useT } from "../i18n";
import { useSession } from "../session/session";
import { needsWords } from "./steps";
import type { Command } from "./shapes";

export interface StepForm {
  why: string;
  assignee: string;
  /** RFC 3339, or null for the organ's own deadline. */
  explainBy: string | null;
}
export type DialogKind = Command | "ask";

/** Asks for what a step needs: a reason, a person, a date. What was typed stays until it is saved. */
export function StepDialog({ kind, organ, problem, busy, onSubmit, onClose }: {
  kind: DialogKind; organ: number | null; problem?: ReactNode; busy?: boolean; onSubmit: (form: StepForm) => void; onClose: () => void;
}) {
  const { me } = useSession();
  const t = useT("cases");
  const shell = useT("shell");
  const [why, setWhy] = useState("");
  const [assignee, setAssignee] = useState(me.username);
  const [explainBy, setExplainBy] = useState<string | null>(null);
  const [asked, setAsked] = useState(false);
  const words = useRef<ComponentRef<typeof Input.TextArea>>(null);
  const assigns = kind === "assign" || kind === "ask";
  const needed = kind !== "ask" && needsWords(kind);
  const people = useGet("/api/v1/cases/assignees", { params: { query: organ === null ? {} : { organ } } }, { enabled: assigns });
  const short = needed && why.trim().length === 0;
  const submit = () => {
    setAsked(true);
    if (!short && (!assigns || assignee)) onSubmit({ why: why.trim(), assignee, explainBy });
  };
  const says = kind === "explain" || kind === "comment" ? t("text") : t("reason");
  return (
    <Modal open title={t(`d_${kind}`)} okText={kind === "assign" ? t("assign_many") : t(kind)} cancelText={shell("cancel")}
      afterOpenChange={(shown) => shown && !assigns && words.current?.focus()}
      confirmLoading={busy ?? false} onOk={submit} onCancel={onClose} width={460} className="step-dialog">
      {assigns && (
        <>
          <label className="field">
            {t("assignee")}
            <Select value={assignee} onChange={setAssignee} showSearch style={{ width: "100%" }} notFoundContent={t("assignees_none")}
              loading={people.isPending}
              options={(people.data?.items ?? []).map((one) => ({
                value: one.username, label: `${one.username}${one.username === me.username ? ` (${t("me")})` : ""} · ${one.organ ?? t("of_city")}`,
              }))} />
          </label>
          <label className="field">
            {t("explain_by")}
            <DatePicker style={{ width: "100%" }} showTime={{ format: "HH:mm" }} format="YYYY-MM-DD HH:mm"
              onChange={(_, text) => setExplainBy(typeof text === "string" && text ? new Date(parseLocal(text)).toISOString() : null)} />
            <small>{t("explain_by_hint")}</small>
          </label>
        </>
      )}
      <label className="field">
        {says}{!needed && t("optional")}
        <Input.TextArea ref={words} rows={4} maxLength={2000} value={why} status={asked && short ? "error" : ""}
          onChange={(event) => setWhy(event.target.value)}
          onKeyDown={(event) => event.key === "Enter" && event.ctrlKey && submit()} />
      </label>
      <p className="wrong" role="alert">{asked && short ? t("reason_short") : ""}</p>
      {problem}
    </Modal>
  );
}
