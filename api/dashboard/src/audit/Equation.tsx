import { number } from "../format/number";
import { useT } from "../i18n";
import type { Books } from "./Ledger";
import { differenceOf, hourWords } from "./books";

/** Received = stored + duplicate + quarantined, and whether that is so; where not, the hours. */
export function Equation({ books }: { books: Books }) {
  const t = useT("audit");
  const { totals, difference } = books;
  const wrong = books.items.filter((one) => differenceOf(one) !== 0);
  const term = (name: "received" | "stored" | "duplicate" | "quarantined", sign: string) => (
    <div className={name}><i aria-hidden>{sign}</i><dt>{t(name)}</dt><dd>{number(totals[name])}</dd></div>
  );
  return (
    <section className="equation" aria-label={t("equation")}>
      <dl>
        {term("received", "")}
        {term("stored", "=")}
        {term("duplicate", "+")}
        {term("quarantined", "+")}
        <div className={difference === 0 ? "difference" : "difference wrong"}>
          <dt>{t("difference")}</dt>
          <dd>{number(difference)}{difference === 0 && <svg className="sym" viewBox="0 0 14 14" aria-hidden><path
            d="M2 7.5 5.6 11 12 3.6" /></svg>}</dd>
        </div>
      </dl>
      <p>{t("equation_note")}</p>
      {(difference !== 0 || wrong.length > 0) && (
        <p className="banner" role="alert">
          {t("not_balanced", { n: number(difference), hours: wrong.slice(0, 12).map((one) => hourWords(one.hour)).join("、") || "—" })}
        </p>
      )}
    </section>
  );
}
