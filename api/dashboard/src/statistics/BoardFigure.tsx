import { Bar } from "../charts/Spark";
import { MISSING, number } from "../format/number";
import { useLang, useT } from "../i18n";
import { fraction, SHARE_PARTS, type Board, type Definition, type Figure, type ShareName } from "./figures";
import { DefinitionNote } from "./DefinitionNote";

/** One share, large, with its fraction, and how far it is from what it should be. */
export function BoardFigure({
  name,
  of,
  definition,
}: {
  name: ShareName;
  of: Figure & { target?: Board["purchases"]["target"] };
  definition: Definition | undefined;
}) {
  const t = useT("statistics");
  const lang = useLang();
  const { value, target } = of;
  const counted = (of.parts[SHARE_PARTS[name][1]] ?? 0) > 0;
  const away = value === null || !target ? null : Math.round((value - target.value) * 10) / 10;
  const words =
    away === null ? null : away >= 0 ? (away === 0 ? t("met") : t("above", { n: number(away, 1) })) : t("short", { n: number(-away, 1) });
  return (
    <div className="board-figure">
      <dt>
        {t(name)}
        {definition && <DefinitionNote definition={definition} lang={lang} />}
      </dt>
      <dd>
        <b>{value === null ? MISSING : number(value, 1)}</b>
        {value !== null && <small>%</small>}
        <span>{counted ? fraction(name, of.parts) : t("no_figure")}</span>
      </dd>
      <dd className="quota">
        <Bar
          value={value ?? 0}
          max={100}
          {...(target ? { mark: target.value } : {})}
          label={`${t(name)} ${value === null ? MISSING : `${number(value, 1)} %`}`}
        />
        {target && <span>{t("quota", { n: target.value })}</span>}
        {words && <em className={away !== null && away < 0 ? "short" : undefined}>{words}</em>}
      </dd>
    </div>
  );
}
