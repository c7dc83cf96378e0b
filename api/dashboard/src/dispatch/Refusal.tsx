import { Link } from "react-router";
import type { Problem } from "../api/problem";
import { dayTime } from "../format/time";
import { useLang, useT } from "../i18n";
import { ProblemView } from "../ui/states";

interface InTheWay {
  name?: string;
  number?: string | null;
  order_id?: number | null;
  task_id?: number | null;
  until?: string | null;
}

/** Why a step was refused; where a vehicle or driver is taken, by which order, and a way there. */
export function Refusal({ problem }: { problem: Problem | null }) {
  const t = useT("dispatch");
  const lang = useLang();
  if (!problem) return null;
  const others = (Array.isArray(problem.body["conflicts"]) ? problem.body["conflicts"] : []) as InTheWay[];
  if (others.length === 0) return <ProblemView problem={problem} />;
  return (
    <div className="problem" role="alert">
      <p>{t("taken")}</p>
      <ul>
        {others.map((one, index) => (
          <li key={index}>
            {one.name}
            {lang === "zh" ? ":" : ": "}
            {one.order_id ? (
              <Link to={`/dispatch/orders/${one.order_id}`}>{one.number}</Link>
            ) : one.task_id ? (
              <Link to={`/dispatch/tasks/${one.task_id}`}>{one.number}</Link>
            ) : (
              t("taken_hidden")
            )}
            {one.until && ` · ${t("until", { time: dayTime(one.until) })}`}
          </li>
        ))}
      </ul>
    </div>
  );
}
