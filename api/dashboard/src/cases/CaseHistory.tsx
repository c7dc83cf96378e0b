import { clock, dayTime, isoDay } from "../format/time";
import { useLang, useT, useWord } from "../i18n";
import type { Step } from "./shapes";

const WORDS: Record<string, "c_open" | "c_add" | "c_correct" | "c_withdraw" | "c_overdue" | "c_assign" | "c_explain" | "c_confirm" | "c_dismiss"
  | "c_close" | "c_reopen" | "c_comment"> = {
  opened: "c_open", found: "c_add", corrected: "c_correct", withdrawn: "c_withdraw", overdue: "c_overdue", assign: "c_assign", explain: "c_explain",
  confirm: "c_confirm", dismiss: "c_dismiss", close: "c_close", reopen: "c_reopen", comment: "c_comment",
};

/** Every step of the case, the newest first: when, who, what, and why. */
export function CaseHistory({ steps }: { steps: readonly Step[] }) {
  const t = useT("cases");
  const word = useWord();
  const lang = useLang();
  const joined = lang === "zh" ? "、" : ", ";
  const whom = ({ data }: Step): string => {
    if (typeof data["assignee"] === "string") return t("to_whom", { who: data["assignee"] });
    return Array.isArray(data["to"]) && data["to"].length > 0 ? t("escalated_to", { who: data["to"].join(joined) }) : "";
  };
  return (
    <ol className="case-history">
      {[...steps].reverse().map((step) => {
        const named = WORDS[step.command];
        return (
          <li key={step.n} className={step.by === null ? "service" : undefined}>
            <p>
              <b>{named ? t(named) : step.command}</b> {whom(step)}
              <time dateTime={step.at} title={dayTime(step.at)}>{isoDay(step.at).slice(5)} {clock(step.at)}</time>
            </p>
            <p className="by">{step.by ?? t("service")}{step.role !== null && <> · {word("role", step.role)}</>}</p>
            {step.why && <blockquote>{step.why}</blockquote>}
          </li>
        );
      })}
    </ol>
  );
}
