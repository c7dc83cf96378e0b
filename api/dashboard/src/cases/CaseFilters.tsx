import { Button, Checkbox, Select } from "antd";
import { useGet } from "../api/queries";
import { number } from "../format/number";
import { useT, useWord } from "../i18n";
import { useMay } from "../session/session";
import { Severity } from "../ui/marks";
import { OrganTreeField } from "../ui/OrganTreeField";
import type { CaseAddress, SetCaseAddress } from "./address";
import { listQuery } from "./address";
import { RULES, STATES } from "./shapes";

const LEVELS = ["red", "yellow", "blue"] as const;

/** What of the cases is listed; the counts are of all that match, not of what was read so far. */
export function CaseFilters({ address, set, me }: { address: CaseAddress; set: SetCaseAddress; me: string }) {
  const t = useT("cases");
  const word = useWord();
  const decides = useMay("decide_cases");
  const { severity: _, ...query } = listQuery(address, me);
  const counts = useGet("/api/v1/cases/counts", { params: { query } });
  const of = (level: string) => counts.data?.items.filter((one) => one.severity === level).reduce((sum, one) => sum + one.cases, 0);
  const late = counts.data?.items.reduce((sum, one) => sum + one.overdue, 0) ?? 0;
  const toggle = (level: (typeof LEVELS)[number]) => {
    const shown = address.severity.length === 0 ? LEVELS : address.severity;
    const next = shown.includes(level) ? shown.filter((one) => one !== level) : [...shown, level];
    set({ severity: next.length === LEVELS.length ? [] : next });
  };
  const states = [
    { value: "todo", label: t("s_todo") }, { value: "decided", label: t("s_decided") }, { value: "all", label: t("s_all") },
    ...STATES.map((state) => ({ value: state, label: word("case", state) })),
  ];
  const narrowed = address.rule !== "" || address.organ !== null || address.vehicle !== null || address.mine || address.late;
  return (
    <div className="case-filters" role="search">
      <div className="sev">
        {LEVELS.map((level) => (
          <button key={level} type="button" onClick={() => toggle(level)}
            aria-pressed={address.severity.length === 0 || address.severity.includes(level)}>
            <Severity severity={level} />{word("severity", level)}<b>{number(of(level))}</b>
          </button>
        ))}
      </div>
      <div className="two">
        <Select size="small" aria-label={t("f_state")} value={address.state} options={states} popupMatchSelectWidth={150}
          onChange={(state) => set({ state })} />
        <Select size="small" aria-label={t("f_rule")} value={address.rule || null} placeholder={t("f_rule")} allowClear
          popupMatchSelectWidth={200} options={RULES.map((rule) => ({ value: rule, label: word("rule", rule) }))}
          onChange={(rule?: string | null) => set({ rule: rule ?? "" })} />
        <OrganTreeField size="small" label={t("f_organ")} value={address.organ} onChange={(organ) => set({ organ })} />
        <Select size="small" aria-label={t("f_sort")} value={address.sort} onChange={(sort) => set({ sort })} popupMatchSelectWidth={150}
          options={[{ value: "worst", label: t("worst") }, { value: "newest", label: t("newest") }]} />
      </div>
      <div className="row">
        {decides && <Checkbox checked={address.mine} onChange={({ target }) => set({ mine: target.checked })}>{t("mine")}</Checkbox>}
        <Checkbox checked={address.late} onChange={({ target }) => set({ late: target.checked })}>{t("late")} {late > 0 && number(late)}</Checkbox>
        {narrowed && <Clear onClear={() => set({ rule: "", organ: null, vehicle: null, mine: false, late: false })} />}
      </div>
    </div>
  );
}

function Clear({ onClear }: { onClear: () => void }) {
  const t = useT("shell");
  return <Button size="small" type="link" onClick={onClear}>{t("clear_filters")}</Button>;
}
