import { useEffect, useMemo, useState } from "react";
import { LeftOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { range } from "../format/time";
import { useT, useWord } from "../i18n";
import { useCoupling } from "../live/useWindows";
import { Plate, Severity } from "../ui/marks";
import { ProblemView, Loading } from "../ui/states";
import type { CaseAddress, SetCaseAddress } from "./address";
import { CaseSide } from "./CaseSide";
import { Evidence } from "./Evidence";
import { useCase } from "./queries";
import type { Case } from "./shapes";

/** One case: what proves it in the middle, what is made of it at the side. */
export function CaseView({ id, address, set, onBack }: { id: number; address: CaseAddress; set: SetCaseAddress; onBack: () => void }) {
  const found = useCase(id);
  const t = useT("cases");
  const [moment, setMoment] = useState<number | null>(null);
  useEffect(() => setMoment(null), [id]);
  const one = found.data?.id === id ? found.data : undefined;
  useCoupling(one?.vehicle_id);
  if (!one) {
    return (
      <section className="case" aria-label={t("title")}>
        {found.error ? <ProblemView problem={found.error} onRetry={() => void found.refetch()} /> : <Loading rows={10} />}
      </section>
    );
  }
  return (
    <>
      <section className="case" aria-label={t("one", { number: one.number })}>
        <CaseHead one={one} onBack={onBack} />
        <News one={one} key={id} />
        <Evidence one={one} address={address} set={set} moment={moment} onMoment={setMoment} />
      </section>
      <CaseSide one={one} moment={moment} />
    </>
  );
}

function CaseHead({ one, onBack }: { one: Case; onBack: () => void }) {
  const t = useT("cases");
  const word = useWord();
  const names = useMemo(() => one.rules.map((rule) => word("rule", rule.slug)).join(" · "), [one.rules, word]);
  return (
    <header className="case-head">
      <Button className="back" size="small" type="text" icon={<LeftOutlined />} aria-label={t("back")} onClick={onBack} />
      <Severity severity={one.severity} />
      <div>
        <h2>{names || t("title")} <Plate plate={one.plate} /></h2>
        <p>
          <span>{one.organ_name}</span>
          <span>{t("covers")} {range(one.from, one.to)}{one.to === null && ` ${t("goes_on")}`}</span>
          <span>{one.number}</span>
          <span>{t("found", { n: one.findings })}{one.withdrawn > 0 && ` (${t("withdrawn_n", { n: one.withdrawn })})`}</span>
        </p>
      </div>
    </header>
  );
}

/** Says that the case changed while it is open: what was read a minute ago may no longer be all. */
function News({ one }: { one: Case }) {
  const t = useT("cases");
  const [seen, setSeen] = useState(one.history.length);
  const newest = one.history[one.history.length - 1];
  const others = one.history.slice(seen).some((step) => step.by === null);
  if (!others || !newest) return null;
  return (
    <div className="banner mild" role="status">
      <span>{t("new_evidence", { time: range(newest.at, newest.at).slice(0, 11) })}</span>
      <Button size="small" onClick={() => setSeen(one.history.length)}>{t("see")}</Button>
    </div>
  );
}
