import { useGet } from "../api/queries";
import { number } from "../format/number";
import { useT, type Key } from "../i18n";
import { Read } from "../ui/states";

/** Which numbers of a unit's messages never arrived, as ranges, and whether they may still come. */
export function MissingNumbers({ unit }: { unit: string }) {
  const t = useT("audit");
  const gaps = useGet("/api/v1/ledger/gaps", { params: { query: { unit } } }, { placeholderData: undefined });
  return (
    <Read of={gaps} rows={3}>
      {(found) => {
        if (found.runs.length === 0) return <p className="quiet">{t("missing_no_runs")}</p>;
        if (found.items.length === 0) return <p className="quiet">{t("missing_none")}</p>;
        return (
          <>
            <p className="quiet">
              {t("missing_text")} {t("missing_sum", { n: number(found.missing), holes: number(found.holes) })}
              {found.truncated ? ` ${t("missing_cut")}` : ""}
            </p>
            <div className="scroll" tabIndex={0} role="region" aria-label={t("missing_numbers")}>
              <table className="plain-table">
                <caption>{t("missing_numbers")}</caption>
                <thead>
                  <tr>
                    <th scope="col">{t("kind")}</th><th scope="col" className="figure">{t("numbers")}</th>
                    <th scope="col" className="figure">{t("count")}</th><th scope="col">{t("state")}</th>
                  </tr>
                </thead>
                <tbody>
                  {found.items.map((hole) => (
                    <tr key={`${hole.division}-${hole.kind}-${hole.run}-${hole.first}`}>
                      <th scope="row">{t(`sample.${hole.kind}` as Key<"audit">)} <small>{t("run")} {hole.run}</small></th>
                      <td className="figure">{hole.first === hole.last ? hole.first : `${hole.first}–${hole.last}`}</td>
                      <td className="figure">{number(hole.count)}</td>
                      <td>{t(hole.state === "open" ? "hole_open" : "hole_gone")}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          </>
        );
      }}
    </Read>
  );
}
