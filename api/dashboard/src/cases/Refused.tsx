import { Button } from "antd";
import type { Problem } from "../api/problem";
import { useLang, useT, useWord } from "../i18n";
import { ProblemView } from "../ui/states";
import type { Case } from "./shapes";

interface Reason {
  code: string;
  message: string;
  message_zh: string;
}

/** Why a step was not taken, in the API's own reasons; of a case that changed meanwhile both versions side by side. */
export function Refused({ problem, seen, now, onAnyway }: { problem: Problem; seen: Case; now: Case; onAnyway: () => void }) {
  const lang = useLang();
  const t = useT("cases");
  const word = useWord();
  const reasons = (Array.isArray(problem.body["reasons"]) ? problem.body["reasons"] : []) as Reason[];
  if (problem.status === 412) {
    const rows: [string, string, string][] = [
      [t("state"), word("case", seen.state), word("case", now.state)],
      [t("assignee"), seen.assignee ?? t("nobody"), now.assignee ?? t("nobody")],
      [t("findings"), String(seen.findings), String(now.findings)],
      [t("version"), String(seen.version), String(now.version)],
    ];
    return (
      <div className="problem" role="alert">
        <p>{t("changed")}</p>
        <table className="versions">
          <thead><tr><td /><th scope="col">{t("yours")}</th><th scope="col">{t("theirs")}</th></tr></thead>
          <tbody>{rows.map(([name, before, after]) => <tr key={name}><th scope="row">{name}</th><td>{before}</td><td>{after}</td></tr>)}</tbody>
        </table>
        <Button size="small" disabled={now.version === seen.version} onClick={onAnyway}>{t("decide_anyway")}</Button>
      </div>
    );
  }
  if (reasons.length === 0) return <ProblemView problem={problem} />;
  return (
    <div className="problem" role="alert">
      <p>{t("not_saved")}</p>
      <ul>{reasons.map((one) => <li key={one.code}>{reasonWords(one, lang, word("case", now.state), t)}</li>)}</ul>
    </div>
  );
}

function reasonWords(reason: Reason, lang: "zh" | "en", state: string, t: ReturnType<typeof useT<"cases">>): string {
  // The API names the state by its slug; the page knows its word.
  if (reason.code === "wrong_state") return t("n_wrong_state", { state, step: lang === "zh" ? "执行此操作" : "This step" });
  return lang === "zh" ? reason.message_zh : reason.message;
}
