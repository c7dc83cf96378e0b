import { Button, Input } from "antd";
import { useState, type FormEvent } from "react";
import { isProblem } from "../api/client";
import { useT } from "../i18n";
import { ProblemView } from "../ui/states";

const SHORTEST = 6;

/** One code, and what to do with it; a wrong one keeps the field and says so. */
export function CodeForm({ label, action, onCode, onCancel }: {
  label: string; action: string; onCode: (code: string) => Promise<void>; onCancel: () => void;
}) {
  const t = useT("account");
  const [code, setCode] = useState("");
  const [problem, setProblem] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const wrong = isProblem(problem, 403);
  const given = code.replace(/\s/g, "");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (busy || given.length < SHORTEST) return;
    setBusy(true);
    setProblem(null);
    onCode(given).catch(setProblem).finally(() => setBusy(false));
  };
  return (
    <form className="code-form" onSubmit={submit}>
      <label className="field">
        {label}
        <Input autoFocus autoComplete="one-time-code" spellCheck={false} maxLength={20} value={code} status={wrong ? "error" : ""}
          onChange={({ target }) => setCode(target.value)} />
      </label>
      {wrong && <p className="wrong" role="alert">{t("wrong_code")}</p>}
      {problem !== null && !wrong && <ProblemView problem={problem} />}
      <div className="buttons">
        <Button type="primary" htmlType="submit" loading={busy} disabled={given.length < SHORTEST}>{action}</Button>
        <Button onClick={onCancel}>{t("cancel")}</Button>
      </div>
    </form>
  );
}
