import { Button } from "antd";
import { number } from "../format/number";
import { useT, type Key } from "../i18n";
import { differenceOf, hourWords } from "./books";
import type { Books } from "./Ledger";

const NAMES = ["received", "stored", "duplicate", "quarantined"] as const;

/** What became of each kind of message: of one hour, or of the whole period. */
export function KindTable({ of, onWhole }: { of: { hour: string | null; by_kind: Books["by_kind"] }; onWhole: () => void }) {
  const t = useT("audit");
  const caption = of.hour === null ? t("by_kind") : t("by_kind_of", { hour: hourWords(of.hour) });
  return (
    <div className="kinds">
      <div className="caption">
        <h3>{caption}</h3>
        {of.hour !== null && <Button size="small" type="link" onClick={onWhole}>{t("whole_period")}</Button>}
      </div>
      <table className="plain-table">
        <caption>{caption}</caption>
        <thead>
          <tr>
            <th scope="col">{t("kind")}</th>
            {NAMES.map((name) => <th key={name} scope="col" className="figure">{t(name)}</th>)}
            <th scope="col" className="figure">{t("difference")}</th>
          </tr>
        </thead>
        <tbody>
          {Object.entries(of.by_kind).map(([kind, counts]) => (
            <tr key={kind}>
              <th scope="row">{t(`sample.${kind}` as Key<"audit">)}</th>
              {NAMES.map((name) => <td key={name} className="figure">{number(counts[name])}</td>)}
              <td className={`figure ${differenceOf(counts) === 0 ? "" : "wrong-sum"}`}>{number(differenceOf(counts))}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
