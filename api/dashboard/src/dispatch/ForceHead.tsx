import { LeftOutlined } from "@ant-design/icons";
import { number } from "../format/number";
import { duration, range } from "../format/time";
import { useLang, useT, useWord } from "../i18n";
import { serverNow } from "../live/useStream";
import type { Task } from "./model";

/** Whose task it is, where, until when, and how long there is for its approval. */
export function ForceHead({ task, onBack }: { task: Task; onBack: () => void }) {
  const t = useT("dispatch");
  const word = useWord();
  const lang = useLang();
  const pending = task.decision === "pending";
  const left = (Date.parse(task.approve_by) - serverNow()) / 1000;
  return (
    <div className="order-head">
      <div className="line">
        <button type="button" className="back" aria-label={t("back")} onClick={onBack}>
          <LeftOutlined />
        </button>
        <h1>{task.title}</h1>
        <span className="chip">{task.number}</span>
        <span className="chip">{task.closed_at ? t("closed") : word("decision", task.decision)}</span>
        {pending && (
          <span className={left < 0 ? "countdown bad" : "countdown"}>
            {left < 0 ? t("overdue_long") : t("approval_left", { time: duration(left, lang) })}
          </span>
        )}
      </div>
      <p className="sub">
        <span>{task.organ.name}</span>
        <span>
          {task.place.name} · {t("within", { m: number(task.radius_m) })}
        </span>
        <span>{range(task.planned_from, task.planned_to)}</span>
        <span>
          {t("commander")} {task.commander}
        </span>
      </p>
      <p className="quiet">{task.why}</p>
    </div>
  );
}
