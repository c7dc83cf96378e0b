import { Checkbox } from "antd";
import { age, dayTime, range } from "../format/time";
import { useLang, useT, useWord } from "../i18n";
import { serverNow } from "../live/useStream";
import { Plate, Severity } from "../ui/marks";
import type { CaseInList } from "./shapes";

/** A case in the inbox: how bad, what, whose, how old, and where it stands. */
export function CaseRow({ one, open, focused, chosen, onOpen, onChoose }: {
  one: CaseInList; open: boolean; focused: boolean; chosen: boolean | null; onOpen: () => void; onChoose: () => void;
}) {
  const lang = useLang();
  const t = useT("cases");
  const word = useWord();
  const names = one.rules.map((rule) => word("rule", rule.slug)).join(lang === "zh" ? "、" : ", ");
  return (
    <li className={chosen === null ? "plain" : undefined} data-case={one.id}>
      {chosen !== null && <Checkbox checked={chosen} aria-label={t("choose", { number: one.number })} onChange={onChoose} tabIndex={-1} />}
      <button type="button" aria-current={open || undefined} className={focused ? "focused" : undefined} onClick={onOpen}>
        <Severity severity={one.severity} />
        <span className="t" title={names}>{names}</span>
        <span className="age" title={dayTime(one.opened_at)}>{age(one.opened_at, serverNow(), lang)}</span>
        <span className="e">{t("covers")} {range(one.from, one.to)}</span>
        <span className="o">
          <span title={one.organ_name}><Plate plate={one.plate} />{one.organ_name}</span>
          <span>
            {one.overdue && <em className="late">{t("overdue")}</em>}
            {word("case", one.state)}
            {one.findings > 1 && <b>×{one.findings}</b>}
          </span>
        </span>
      </button>
    </li>
  );
}
