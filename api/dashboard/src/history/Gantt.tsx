import { useMemo } from "react";
import { clockS, isoDay } from "../format/time";
import { useLang, useT } from "../i18n";
import { drivenSpans, orderSpans, speedCurve } from "../map/trackLanes";
import { TimeLanes, type Lane } from "../ribbon/TimeLanes";
import type { Period } from "./address";
import type { Chosen } from "./queries";

/** A row for each vehicle: what was permitted above what was driven; the first one's speed below. */
export function Gantt({ chosen, period, moment, onMoment }: {
  chosen: readonly Chosen[]; period: Period; moment: number; onMoment: (moment: number) => void;
}) {
  const lang = useLang();
  const t = useT("history");
  const parts = chosen.flatMap(({ timeline, orders }) => [timeline, orders]);
  const lanes = useMemo<Lane[]>(() => chosen.flatMap(({ id, letter, timeline, orders }) => [
    { key: `o${id}`, label: t("lane_orders", { letter }), slim: true, spans: orderSpans(orders, lang) },
    { key: `d${id}`, label: t("lane_driven", { letter }), spans: drivenSpans(timeline?.items ?? [], lang) },
  ]), [lang, ...Array.from({ length: 16 }, (_, index) => parts[index])]);
  const first = chosen[0];
  const curve = useMemo(() => (first?.track ? speedCurve(first.track.points, `${first.letter} ${t("curve")}`) : undefined), [first?.track, lang]);
  return (
    <div className="gantt">
      <TimeLanes from={period.from} to={period.to} lanes={lanes} moment={moment} onMoment={onMoment} label={t("lanes")}
        says={t("at", { time: `${isoDay(moment)} ${clockS(moment)}` })} {...(curve && curve.points.length > 0 ? { curve } : {})} />
    </div>
  );
}
