import { Link } from "react-router";
import { isoDay } from "../format/time";
import { useT, useWord } from "../i18n";
import { Severity } from "../ui/marks";
import { Loading, ProblemView } from "../ui/states";
import { useEarlier } from "./queries";
import type { Case } from "./shapes";

/** Other cases of the vehicle and how they ended: neither proves the other, and both should be known. */
export function Earlier({ one }: { one: Case }) {
  const t = useT("cases");
  const word = useWord();
  const found = useEarlier(one.vehicle_id);
  if (found.error) return <ProblemView problem={found.error} onRetry={() => void found.refetch()} />;
  if (found.isPending) return <Loading rows={3} />;
  const others = found.items.filter(({ id, vehicle_id }) => id !== one.id && vehicle_id === one.vehicle_id);
  if (others.length === 0) return <p className="quiet">{t("e_none")}</p>;
  const rules = new Set(one.rules.map(({ slug }) => slug));
  return (
    <ul className="earlier">
      {others.map((other) => (
        <li key={other.id}>
          <Severity severity={other.severity} />
          <Link to={`/cases/${other.id}`}>{isoDay(other.from)} {other.rules.map(({ slug }) => word("rule", slug)).join(" · ")}</Link>
          <span>{other.rules.some(({ slug }) => rules.has(slug)) && t("e_same")}</span>
          <span>{word("case", other.state)}</span>
        </li>
      ))}
    </ul>
  );
}
