import { App, Button } from "antd";
import { useState } from "react";
import { api, data } from "../api/client";
import { invalidate } from "../api/queries";
import { useT } from "../i18n";
import { ProblemView } from "../ui/states";
import { StepDialog, type StepForm } from "./StepDialog";

/** The chosen cases to one supervisor. Never decided in bulk: a decision is made on evidence. */
export function BulkAssign({ cases, onDone }: { cases: readonly number[]; onDone: () => void }) {
  const t = useT("cases");
  const { message, modal } = App.useApp();
  const [open, setOpen] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const assign = async ({ assignee, explainBy, why }: StepForm) => {
    const body = { cases: [...cases], assignee, why: why || null, explain_by: explainBy };
    try {
      const { assigned, refused } = await data(api.POST("/api/v1/cases/assign", { body }));
      invalidate("/api/v1/cases");
      setOpen(false);
      onDone();
      void message.success(t("assigned_many", { n: assigned.length }));
      const reasons = Object.entries(refused);
      if (reasons.length > 0) {
        modal.warning({
          title: t("refused_many", { n: reasons.length }),
          content: <ul>{reasons.map(([id, why]) => <li key={id}>{why}</li>)}</ul>,
        });
      }
    } catch (reason) {
      setProblem(reason);
    }
  };
  return (
    <div className="bulk">
      <span>{t("chosen", { n: cases.length })}</span>
      <Button size="small" type="link" onClick={onDone}>{t("unchoose")}</Button>
      <Button size="small" type="primary" onClick={() => { setProblem(null); setOpen(true); }}>{t("assign_many")}</Button>
      {open && (
        <StepDialog kind="assign" organ={null} problem={problem !== null && <ProblemView problem={problem} />}
          onSubmit={(form) => void assign(form)} onClose={() => setOpen(false)} />
      )}
    </div>
  );
}
