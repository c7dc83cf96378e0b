import { App } from "antd";
import { createElement, useCallback, useState } from "react";
import { api, data } from "../api/client";
import { Problem } from "../api/problem";
import { invalidate } from "../api/queries";
import { useT } from "../i18n";
import type { Case, Command } from "./shapes";
import type { StepForm } from "./StepDialog";
import { UndoButton } from "./UndoButton";

const UNDO_S = 10;

/** Takes steps on a case at the version the person looks at; what the API refuses comes back as `problem`. */
export function useStep(one: Case) {
  const t = useT("cases");
  const { message } = App.useApp();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);

  const take = useCallback(
    async (command: Command, form: StepForm, version: number = one.version): Promise<boolean> => {
      setBusy(true);
      setProblem(null);
      try {
        await send(one.id, command, form, version);
        invalidate("/api/v1/cases");
        const key = `case-${one.id}`;
        const said = t(`done_${command}`, { who: form.assignee });
        if (command !== "confirm" && command !== "dismiss") {
          void message.success({ key, content: said });
          return true;
        }
        // A decision taken by mistake is taken back by reopening: both stay in the history.
        const undo = () => {
          message.destroy(key);
          void send(one.id, "reopen", { why: t("undo_reason"), assignee: "", explainBy: null }, null).then(
            () => { invalidate("/api/v1/cases"); void message.success(t("done_reopen")); },
            (reason: unknown) => setProblem(reason as Problem),
          );
        };
        void message.open({ key, type: "success", duration: UNDO_S, content: createElement(UndoButton, { said, label: t("undo"), onUndo: undo }) });
        return true;
      } catch (reason) {
        if (!(reason instanceof Problem)) throw reason;
        setProblem(reason);
        if (reason.status === 412 || reason.status === 409) invalidate("/api/v1/cases");
        return false;
      } finally {
        setBusy(false);
      }
    },
    [one.id, one.version, message, t],
  );
  return { take, busy, problem, forget: useCallback(() => setProblem(null), []) };
}

async function send(id: number, command: Command, form: StepForm, version: number | null): Promise<void> {
  const params = { path: { case_id: id }, ...(version === null ? {} : { header: { "If-Match": `"${version}"` } }) };
  const why = form.why || null;
  if (command === "assign") {
    await data(api.POST("/api/v1/cases/{case_id}/assign", { params, body: { assignee: form.assignee, explain_by: form.explainBy, why } }));
    return;
  }
  const path = `/api/v1/cases/{case_id}/${command}` as const;
  await data(api.POST(path, { params, body: { why } }));
}
