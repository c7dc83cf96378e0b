import { useGet } from "../api/queries";
import { number } from "../format/number";
import { useLang, useT, useWord } from "../i18n";
import { Severity } from "../ui/marks";
import { Panel } from "../ui/Panel";
import { Read } from "../ui/states";

/** Every rule as it is applied now: its version, its colour, and the policies it reckons with. */
export function Rules({ roundMs }: { roundMs: number | null }) {
  const t = useT("system");
  const audit = useT("audit");
  const lang = useLang();
  const word = useWord();
  const rules = useGet("/api/v1/rules", {});
  const policies = useGet("/api/v1/policies", {});
  const named = new Map(policies.data?.items.map((one) => [one.slug, one]));
  const value = (slug: string, given: number | string | boolean) => {
    if (typeof given === "boolean") return audit(given ? "yes" : "no");
    if (typeof given === "string") return given;
    const unit = named.get(slug)?.unit;
    return `${number(given)}${unit ? ` ${unit}` : ""}`;
  };
  return (
    <Panel title={t("rules")} {...(roundMs === null ? {} : { note: t("rules_note", { ms: number(roundMs) }) })}>
      <Read of={rules} rows={8}>
        {({ items }) => (
          <div className="scroll" tabIndex={0} role="region" aria-label={t("rules")}>
            <table className="plain-table">
              <caption>{t("rules")}</caption>
              <thead>
                <tr><th scope="col">{t("rule")}</th><th scope="col" className="figure">{t("version")}</th><th scope="col">{t("parameters")}</th></tr>
              </thead>
              <tbody>
                {items.map((rule) => (
                  <tr key={rule.slug}>
                    <th scope="row"><span className="rule"><Severity severity={rule.severity} />{lang === "zh" ? rule.title_zh : rule.title_en}</span>
                      <small>{rule.judges.map((one) => word("segment", one)).join(" · ")}</small></th>
                    <td className="figure">{rule.version}</td>
                    <td>{rule.parameters.map((one) => (
                      <span key={one.slug} className="parameter">{named.get(one.slug)?.[lang] ?? "—"} <b>{value(one.slug, one.value)}</b></span>
                    ))}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Read>
    </Panel>
  );
}
