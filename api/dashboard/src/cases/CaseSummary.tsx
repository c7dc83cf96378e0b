import { useGet } from "../api/queries";
import { number } from "../format/number";
import { useT, useWord } from "../i18n";
import { Panel } from "../ui/Panel";
import { Severity } from "../ui/marks";
import { Empty, Read } from "../ui/states";
import type { SetCaseAddress } from "./address";
import { STATES } from "./shapes";

const LEVELS = ["red", "yellow", "blue"] as const;

/** No case chosen: how many there are by state and severity, each figure a way into the inbox. */
export function CaseSummary({ onPick }: { onPick: SetCaseAddress }) {
  const t = useT("cases");
  const word = useWord();
  const counts = useGet("/api/v1/cases/counts", {});
  return (
    <section className="case summary" aria-label={t("summary")}>
      <p className="quiet">{t("pick")}</p>
      <Panel title={t("summary")}>
        <Read of={counts} rows={6}>
          {({ items }) => {
            const shown = STATES.filter((state) => items.some((one) => one.state === state));
            const of = (state: string, level?: string) =>
              items.filter((one) => one.state === state && (level === undefined || one.severity === level)).reduce((sum, one) => sum + one.cases, 0);
            const late = (state: string) => items.filter((one) => one.state === state).reduce((sum, one) => sum + one.overdue, 0);
            if (shown.length === 0) return <Empty text={t("no_cases")} />;
            return (
              <table className="cty">
                <thead>
                  <tr>
                    <th scope="col">{t("state")}</th>
                    {LEVELS.map((level) => <th key={level} scope="col"><Severity severity={level} />{word("severity", level)}</th>)}
                    <th scope="col">{t("sum_total")}</th><th scope="col">{t("late")}</th>
                  </tr>
                </thead>
                <tbody>
                  {shown.map((state) => (
                    <tr key={state}>
                      <th scope="row"><button type="button" onClick={() => onPick({ state, severity: [] })}>{word("case", state)}</button></th>
                      {LEVELS.map((level) => <td key={level}>{of(state, level) || <span className="zero">0</span>}</td>)}
                      <td>{number(of(state))}</td>
                      <td>{late(state) || <span className="zero">0</span>}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            );
          }}
        </Read>
      </Panel>
    </section>
  );
}
