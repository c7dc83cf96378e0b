import { duration, range } from "../format/time";
import { useLang, useT, useWord } from "../i18n";
import { serverNow } from "../live/useStream";
import type { TaskHead } from "./model";

/** One task force of the inbox. */
export function TaskRow({ task, current, onOpen }: { task: TaskHead; current: boolean; onOpen: () => void }) {
  const t = useT("dispatch");
  const word = useWord();
  const lang = useLang();
  const left = (Date.parse(task.approve_by) - serverNow()) / 1000;
  const waits = task.decision === "pending";
  return (
    <li>
      <button type="button" className="order-row" aria-current={current || undefined} onClick={onOpen}>
        <span className="at">{t("called_n", { n: task.called })}</span>
        <span className="t">{task.title}</span>
        <span className={waits ? (left < 0 ? "wait bad" : "wait warn") : "wait"}>
          {waits ? (left < 0 ? t("overdue") : t("left", { time: duration(left, lang) })) : word("decision", task.decision)}
        </span>
        <span className="e">
          {task.place.name} · {range(task.planned_from, task.planned_to)}
        </span>
        <span className="o">
          <span>{task.organ.name}</span>
          <span>{task.closed_at ? t("closed") : task.number}</span>
        </span>
      </button>
    </li>
  );
}
