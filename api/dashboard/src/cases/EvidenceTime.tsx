import { useMemo } from "react";
import { clockS, isoDay, range } from "../format/time";
import { useLang, useT, useWord } from "../i18n";
import { drivenSpans, orderSpans, speedCurve } from "../map/trackLanes";
import { TimeLanes, type Lane } from "../ribbon/TimeLanes";
import type { Around, useCaseTrack } from "./queries";
import type { Case, Finding } from "./shapes";

/** What was permitted above, what was driven below, what was found between, and the speed, over one axis. */
export function EvidenceTime({ one, finding, span, around, track, moment, onMoment }: {
  one: Case; finding: Finding; span: { from: number; to: number }; around: Around; track: ReturnType<typeof useCaseTrack>;
  moment: number | null; onMoment: (moment: number) => void;
}) {
  const lang = useLang();
  const t = useT("cases");
  const word = useWord();
  const lanes = useMemo<Lane[]>(() => [
    { key: "orders", label: t("lane_orders"), spans: orderSpans(around.orders.data?.items ?? [], lang) },
    { key: "driven", label: t("lane_driven"), spans: drivenSpans(around.timeline.data?.items ?? [], lang) },
    { key: "findings", label: t("lane_findings"), slim: true, spans: one.evidence.filter((each) => each.withdrawn_at === null).map((each) => ({
      from: Date.parse(each.from), to: each.to === null ? span.to : Date.parse(each.to), tone: each.severity ?? "undetermined" as const,
      title: `${word("rule", each.rule)} ${range(each.from, each.to)}`,
    })) },
  ], [around.orders.data, around.timeline.data, one.evidence, span, lang]);
  const curve = useMemo(() => speedCurve(track.data?.points ?? [], t("speed")), [track.data, lang]);
  const proofs = useMemo(() => (finding.proven_at === null ? [] : [Date.parse(finding.proven_at)]), [finding]);
  return (
    <div className="evidence-time">
      <TimeLanes from={span.from} to={span.to} lanes={lanes} moment={moment} proofs={proofs} onMoment={onMoment} label={t("scrub")}
        {...(curve.points.length > 0 ? { curve } : {})} says={moment === null ? "" : t("cursor", { time: `${isoDay(moment)} ${clockS(moment)}` })} />
    </div>
  );
}
