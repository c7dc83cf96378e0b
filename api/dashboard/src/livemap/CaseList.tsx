import { useEffect } from "react";
import { useList } from "../api/queries";
import { age } from "../format/time";
import { useLang, useT, useWord } from "../i18n";
import { fleet } from "../live/fleet";
import { serverNow } from "../live/useStream";
import { Plate, Severity } from "../ui/marks";
import { LEVELS } from "./filters";
import { Empty, Loading, ProblemView } from "../ui/states";

const WEIGHT: Record<string, number> = { red: 3, yellow: 2, blue: 1 };
const OPEN = ["open", "assigned", "explained"];

/** Open cases, the worst first; the map's rings come from here. */
export function useOpenCases(enabled: boolean) {
  const found = useList("/api/v1/cases", { state: OPEN }, { enabled, limit: 1000 });
  const { items } = found;
  useEffect(() => {
    const worst = new Map<number, number>();
    for (const one of items) worst.set(one.vehicle_id, Math.max(worst.get(one.vehicle_id) ?? 0, WEIGHT[one.severity] ?? 0));
    fleet.setSeverities(worst);
  }, [found.dataUpdatedAt]);
  return found;
}

type Case = ReturnType<typeof useOpenCases>["items"][number];

/** Those of the severities shown (none = all), the worst first, then the newest. */
export function orderedCases(cases: readonly Case[], shown: readonly string[]): Case[] {
  return cases
    .filter((one) => shown.length === 0 || shown.includes(one.severity))
    .sort((a, b) => (WEIGHT[b.severity] ?? 0) - (WEIGHT[a.severity] ?? 0) || Date.parse(b.opened_at) - Date.parse(a.opened_at));
}

/** The open cases at the left of the map. */
export function CaseList({ cases, shown, onToggle, current, onOpen }: {
  cases: ReturnType<typeof useOpenCases>; shown: readonly string[]; onToggle: (severity: (typeof LEVELS)[number]) => void;
  current: number | null; onOpen: (id: number, vehicle: number) => void;
}) {
  const t = useT("map");
  const word = useWord();
  const lang = useLang();
  const visible = orderedCases(cases.items, shown);
  return (
    <aside className="list" aria-label={t("open_cases")}>
      <header>
        <div className="row"><h2>{t("open_cases")}</h2><span>{cases.items.length}</span></div>
        <div className="sev">
          {LEVELS.map((level) => (
            <button key={level} type="button" aria-pressed={shown.length === 0 || shown.includes(level)} onClick={() => onToggle(level)}>
              <Severity severity={level} />{word("severity", level)}<b>{cases.items.filter((one) => one.severity === level).length}</b>
            </button>
          ))}
        </div>
      </header>
      {cases.isPending && <Loading rows={8} />}
      {cases.error && <ProblemView problem={cases.error} onRetry={() => void cases.refetch()} />}
      {!cases.isPending && !cases.error && visible.length === 0 && <Empty text={t("no_cases")} />}
      <ul className="items">
        {visible.slice(0, 200).map((one) => (
          <li key={one.id}>
            <button type="button" aria-current={one.id === current || undefined} onClick={() => onOpen(one.id, one.vehicle_id)}>
              <Severity severity={one.severity} />
              <span className="t">{one.rules.map((rule) => (lang === "zh" ? rule.title_zh : rule.title_en)).join(" · ")}</span>
              <span className="age">{age(one.opened_at, serverNow(), lang)}</span>
              <span className="o">
                <span><Plate plate={one.plate} />{one.organ_name}</span>
                <span>{word("case", one.state)}{one.findings > 1 && <b>×{one.findings}</b>}</span>
              </span>
            </button>
          </li>
        ))}
      </ul>
    </aside>
  );
}
