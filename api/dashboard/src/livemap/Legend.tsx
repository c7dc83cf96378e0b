import { useT, useWord } from "../i18n";
import { fleet, STATES } from "../live/fleet";
import { Severity, StateSymbol } from "../ui/marks";
import { ForceFlag } from "./ForceFlag";

/** What the symbols mean at this distance. */
export function Legend({ far }: { far: boolean }) {
  const t = useT("map");
  const word = useWord();
  if (far) {
    return (
      <div className="legend" aria-label={t("legend")}>
        <span className="far"><b>12</b>{t("on_road")}<em>3</em>{t("red_cases")}</span>
      </div>
    );
  }
  return (
    <div className="legend" aria-label={t("legend")}>
      {STATES.map((state, index) => <span key={state}><StateSymbol state={index} />{word("state", state)}</span>)}
      <span><StateSymbol state={0} colour="var(--nev)" />{t("nev")}</span>
      <span><StateSymbol state={0} colour="var(--fuel)" />{t("fuel")}</span>
      {fleet.forces.size > 0 && <span><ForceFlag n={1} />{t("tasks")}</span>}
      <span><Severity severity="red" /><Severity severity="yellow" /><Severity severity="blue" />{t("case_mark")}</span>
    </div>
  );
}
