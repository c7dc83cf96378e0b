import { number } from "../format/number";
import { useT, useWord } from "../i18n";
import { Panel } from "../ui/Panel";
import type { Task } from "./model";

export const ROSTER = ["called", "acknowledged", "departed", "on_site", "refused", "timed_out", "released"] as const;

/** What is needed, by kind: how many are called, on the way and there, and how many lack; and where they are. */
export function ForceNeeds({ task }: { task: Task }) {
  const t = useT("dispatch");
  const word = useWord();
  const of = (states: Readonly<Record<string, number>>, ...names: string[]) => names.reduce((sum, name) => sum + (states[name] ?? 0), 0);
  return (
    <>
      <Panel title={t("needs")} note={t("called_n", { n: task.called })}>
        <table className="cty needs">
          <thead>
            <tr>
              <th scope="col">{t("need")}</th>
              <th scope="col">{t("wanted")}</th>
              <th scope="col">{t("answered")}</th>
              <th scope="col">{t("under_way")}</th>
              <th scope="col">{t("there")}</th>
              <th scope="col">{t("missing")}</th>
            </tr>
          </thead>
          <tbody>
            {task.needs.map((need) => (
              <tr key={need.n}>
                <th scope="row">
                  {need.name ?? (need.bodies.map((one) => word("body", one)).join("、") || t("any"))}
                  {need.seats > 0 && <small> {t("seats", { n: need.seats })}</small>}
                </th>
                <td>{number(need.count)}</td>
                <td>{number(of(need.states, "acknowledged", "departed", "on_site"))}</td>
                <td>{number(of(need.states, "departed"))}</td>
                <td>{number(of(need.states, "on_site"))}</td>
                <td className={need.missing > 0 ? "bad" : ""}>{number(need.missing)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Panel>
      <Panel title={t("where_now")}>
        <table className="cty needs">
          <thead>
            <tr>
              <th scope="col">{t("county")}</th>
              <th scope="col">{t("vehicles")}</th>
              <th scope="col">{t("under_way")}</th>
              <th scope="col">{t("there")}</th>
            </tr>
          </thead>
          <tbody>
            {task.coverage
              .filter((one) => one.vehicles > 0)
              .map((one) => (
                <tr key={one.division ?? 0}>
                  <th scope="row">{one.name ?? t("elsewhere")}</th>
                  <td>{number(one.vehicles)}</td>
                  <td>{number(of(one.states, "departed"))}</td>
                  <td>{number(of(one.states, "on_site"))}</td>
                </tr>
              ))}
          </tbody>
        </table>
      </Panel>
    </>
  );
}
