import { useLang, useT, type Key } from "../i18n";
import { change, figure, part, type Definition, type Statistic } from "./figures";
import { usePartWord } from "./usePartWord";

/** The figure of everything that the filters hold, with what it is worked out of. */
export function Total({ definition, answer, compare }: { definition: Definition; answer: Statistic; compare: boolean }) {
  const t = useT("statistics");
  const lang = useLang();
  const counted = usePartWord();
  const { unit, decimals } = definition;
  const { total, target } = answer;
  const named = unitWord(unit, t);
  return (
    <section className="statistic-total">
      <div className="value">
        <span>{t("total")}</span>
        <b>
          {figure(total.value, unit, decimals)}
          <small>{named}</small>
        </b>
        {target && <em className={target.met === false ? "short" : undefined}>{t("quota", { n: target.value })}</em>}
        {compare && (
          <span>
            {t("before")} {figure(total.previous?.value, unit, decimals)} · {t("change")} {change(total.change, unit, decimals)}
          </span>
        )}
      </div>
      <dl className="kv wide">
        {definition.parts.map((one) => [
          <dt key={`${one.name}-t`}>{one[lang]}</dt>,
          <dd key={one.name}>{counted(total.parts[one.name], one.unit, part)}</dd>,
        ])}
      </dl>
      <div className="definition">
        <h3>{t("definition")}</h3>
        <p>{lang === "zh" ? definition.definition_zh : definition.definition_en}</p>
        <p>
          {t("version", { n: definition.version })}
          {definition.factors.length > 0 ? ` · ${t("policies")} ${definition.factors.join(", ")}` : ""}
        </p>
      </div>
    </section>
  );
}

const WORDED: ReadonlySet<string> = new Set(["trips", "CNY", "t CO2", "per 1,000 km"]);
const unitWord = (unit: string, t: (key: Key<"statistics">) => string) => (WORDED.has(unit) ? t(`unit.${unit}` as Key<"statistics">) : unit);
