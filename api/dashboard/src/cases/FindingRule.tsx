import { Link } from "react-router";
import { useGet } from "../api/queries";
import { dayTime } from "../format/time";
import { useLang, useT, useWord } from "../i18n";
import { useMay } from "../session/session";
import { Pairs } from "../ui/Panel";
import { valueWords } from "./grounds";
import type { Finding } from "./shapes";

/** By which rule in which version, with which thresholds: as they held when it was judged. */
export function FindingRule({ finding, organ }: { finding: Finding; organ: number }) {
  const lang = useLang();
  const t = useT("cases");
  const word = useWord();
  const mayOrders = useMay("read_orders");
  const policies = useGet("/api/v1/policies", { params: { query: { organ } } }, { staleTime: 600_000 });
  const named = new Map(policies.data?.items.map((policy) => [policy.slug, policy]));
  const value = (slug: string, raw: number | string | boolean) => {
    const unit = named.get(slug)?.unit;
    if (unit === "km/h" || unit === "%") return `${raw} ${unit}`;
    return valueWords(slug, raw, lang);
  };
  return (
    <div className="rule-view">
      <Pairs items={[
        [t("p_rule"), word("rule", finding.rule)],
        [t("p_version"), t("p_version_n", { n: finding.rule_version })],
        [t("p_finding_version"), t("p_version_n", { n: finding.version })],
        [t("p_why"), `${word("cause", finding.why)} · ${dayTime(finding.found_at)}`],
        ...(finding.calendar === null ? [] : [[t("p_calendar"), finding.calendar] as const]),
        ...(finding.order_ids.length === 0 ? [] : [[t("p_orders"),
          <>{finding.order_ids.map((id) =>
            mayOrders ? <Link key={id} to={`/dispatch/orders/${id}`}>#{id} </Link> : <span key={id}>#{id} </span>)}</>] as const]),
      ]} />
      {finding.parameters.length === 0 ? <p className="quiet">{t("p_none")}</p> : (
        <table className="plain-table">
          <caption>{t("tab_rule")}</caption>
          <thead>
            <tr>
              <th scope="col">{t("p_parameter")}</th><th scope="col" className="figure">{t("p_value")}</th><th scope="col">{t("p_policy")}</th>
            </tr>
          </thead>
          <tbody>
            {finding.parameters.map((one) => (
              <tr key={one.slug}>
                <th scope="row">{named.get(one.slug)?.[lang] ?? word("rule", finding.rule)}</th>
                <td className="figure">{value(one.slug, one.value)}</td>
                <td>{one.version_id === null ? t("p_default") : t("p_version_n", { n: one.version_id })}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}
