import { Tabs } from "antd";
import { useCallback, useEffect, useMemo } from "react";
import { clockS } from "../format/time";
import { useT, useWord } from "../i18n";
import { serverNow } from "../live/useStream";
import { useKeys } from "../ui/useKeys";
import { TABS, type CaseAddress, type SetCaseAddress } from "./address";
import { Earlier } from "./Earlier";
import { EvidenceMap } from "./EvidenceMap";
import { EvidenceTime } from "./EvidenceTime";
import { Exonerating } from "./Exonerating";
import { FindingHead } from "./FindingHead";
import { FindingRule } from "./FindingRule";
import { Quality } from "./Quality";
import { useAround, useCaseTrack } from "./queries";
import { Readings } from "./Readings";
import { windowOf, type Case } from "./shapes";

/** What proves a case: map, time and readings at one moment, and below all that speaks for and against it. */
export function Evidence({ one, address, set, moment, onMoment }: {
  one: Case; address: CaseAddress; set: SetCaseAddress; moment: number | null; onMoment: (moment: number) => void;
}) {
  const t = useT("cases");
  const word = useWord();
  // A case that goes on is read up to the minute it is looked at; its next version moves the end.
  const span = useMemo(() => windowOf(one, Math.floor(serverNow() / 60_000) * 60_000), [one.id, one.version, one.from, one.to]);
  const around = useAround(one, span);
  const track = useCaseTrack(one, span, t("one", { number: one.number }));
  const standing = one.evidence.filter((finding) => finding.withdrawn_at === null);
  const finding = one.evidence.find(({ id }) => id === address.finding) ?? standing[0] ?? one.evidence[0];
  const proven = finding?.proven_at ?? finding?.from;
  useEffect(() => {
    if (proven) onMoment(Math.min(span.to, Math.max(span.from, Date.parse(proven))));
  }, [finding?.id, proven]);
  const step = useCallback((by: number) => {
    const next = TABS[(TABS.indexOf(address.tab) + by + TABS.length) % TABS.length];
    if (next) set({ tab: next });
  }, [address.tab, set]);
  useKeys({ "[": () => step(-1), "]": () => step(1) });
  if (!finding) return null;
  const tabs = [
    { key: "readings", label: t("tab_readings"), children: <Readings finding={finding} moment={moment} onMoment={onMoment} /> },
    { key: "rule", label: t("tab_rule"), children: <FindingRule finding={finding} organ={one.organ_id} /> },
    { key: "quality", label: t("tab_quality"), children: <Quality around={around} track={track} span={span} /> },
    { key: "clear", label: t("tab_clear"), children: <Exonerating around={around} span={span} /> },
    { key: "earlier", label: t("tab_earlier"), children: <Earlier one={one} /> },
  ];
  return (
    <>
      {one.evidence.length > 1 && (
        <div className="findings" role="group" aria-label={t("findings")}>
          {one.evidence.map((each) => (
            <button key={each.id} type="button" aria-pressed={each.id === finding.id} className={each.withdrawn_at === null ? undefined : "gone"}
              onClick={() => set({ finding: each.id })}>
              {word("rule", each.rule)}
              {one.evidence.some((other) => other !== each && other.rule === each.rule) && <time>{clockS(each.from).slice(0, 5)}</time>}
              {each.withdrawn_at !== null && ` · ${t("withdrawn")}`}
            </button>
          ))}
        </div>
      )}
      <FindingHead finding={finding} verdict={finding.subject.kind === "trip" ? one.verdicts[String(finding.subject.id)] : undefined} />
      <EvidenceMap finding={finding} track={track} moment={moment} onMoment={onMoment} />
      <EvidenceTime one={one} finding={finding} span={span} around={around} track={track} moment={moment} onMoment={onMoment} />
      <Tabs size="small" activeKey={address.tab} items={tabs} onChange={(tab) => set({ tab: tab as (typeof TABS)[number] })} />
    </>
  );
}
