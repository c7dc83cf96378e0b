import type { Answer } from "../api/queries";
import { clockS, isoDay, range } from "../format/time";
import { useLang, useT, useWord } from "../i18n";
import { useCounties } from "../map/useCounties";
import { Severity, VerdictMark } from "../ui/marks";
import { groundWords } from "./grounds";
import type { Finding } from "./shapes";

type Verdict = Answer<"/api/v1/cases/{case_id}">["verdicts"][string];

/** What the finding says: facts in the order what, when, how much, against which threshold; never more than it knows. */
export function FindingHead({ finding, verdict }: { finding: Finding; verdict: Verdict | undefined }) {
  const lang = useLang();
  const t = useT("cases");
  const word = useWord();
  const { name: division } = useCounties();
  const told = finding.grounds.map((ground) => groundWords(ground, lang, division));
  const reasons = (verdict?.reasons ?? []).map((reason) => groundWords(reason, lang, division)).filter((one) => !told.includes(one));
  const subject = `sub_${finding.subject.kind}` as const;
  return (
    <div className={finding.withdrawn_at === null ? "finding" : "finding gone"}>
      <ul>
        {told.map((words, index) => (
          <li key={index}>
            {finding.severity && index === 0 ? <Severity severity={finding.severity} /> : <span className="sym" />}
            <b>{words}</b>
          </li>
        ))}
      </ul>
      <p>
        <span>{t("subject")} {t(subject)} {range(finding.from, finding.to)}</span>
        {finding.proven_at && <span>{t("proof")} {isoDay(finding.proven_at)} {clockS(finding.proven_at)}</span>}
        {finding.count > 1 && <span>{t("times", { n: finding.count })}</span>}
        {verdict && (
          <span className="verdict">
            {t("verdict")} <VerdictMark verdict={verdict.kind} />{word("verdict", verdict.kind)}
            {verdict.deviations.length > 0 && ` (${verdict.deviations.map((one) => word("deviation", one)).join(lang === "zh" ? "、" : ", ")})`}
            {verdict.provisional && ` · ${t("provisional")}`}
          </span>
        )}
      </p>
      {reasons.length > 0 && <p className="reasons">{reasons.join(lang === "zh" ? ";" : "; ")}</p>}
    </div>
  );
}
