import { kmOf, number } from "../format/number";
import { duration, range } from "../format/time";
import { useLang, useT, useWord } from "../i18n";
import { Facts } from "../ui/Panel";
import { Read } from "../ui/states";
import type { Around, useCaseTrack } from "./queries";

type Entry = NonNullable<Around["timeline"]["data"]>["items"][number];
export type Gap = Extract<Entry, { kind: "gap" }>;

/** The gaps that lie in the window, the longest part of each that does. */
export function gapsIn(items: readonly Entry[], span: { from: number; to: number }): { gap: Gap; seconds: number }[] {
  return items.flatMap((item) => {
    if (item.kind !== "gap") return [];
    const [begin, end] = [Math.max(span.from, Date.parse(item.started_at)), Math.min(span.to, Date.parse(item.known_to))];
    return [{ gap: item, seconds: Math.max(0, end - begin) / 1000 }];
  });
}

/** How far the data of the window may be trusted: what was kept, what is missing, what was doubted. */
export function Quality({ around, track, span }: { around: Around; track: ReturnType<typeof useCaseTrack>; span: { from: number; to: number } }) {
  const lang = useLang();
  const t = useT("cases");
  const word = useWord();
  return (
    <Read of={around.timeline} rows={4}>
      {(timeline) => {
        const gaps = gapsIn(timeline.items, span);
        const longest = Math.max(0, ...gaps.map(({ seconds }) => seconds));
        const trips = timeline.items.flatMap((item) => (item.kind === "trip" ? [item] : []));
        const doubts = [...new Set(trips.flatMap((trip) => trip.doubts))];
        const sources = [...new Set(track.data?.sources.map(({ source }) => source))];
        const metres = gaps.reduce((sum, { gap }) => sum + (gap.undocumented_km ?? 0) * 1000, 0);
        return (
          <div className="quality">
            <Facts items={[
              [t("q_positions"), number(track.data?.total)],
              [t("q_implausible"), number(track.data?.implausible)],
              [t("q_gaps"), number(gaps.length)],
              [t("q_longest"), gaps.length === 0 ? t("q_none") : duration(longest, lang)],
              [t("q_undocumented"), gaps.length === 0 ? t("q_none") : kmOf(metres)],
              [t("q_bridged"), duration(trips.reduce((sum, trip) => sum + trip.silent_s, 0), lang)],
            ]} />
            <dl className="kv wide">
              <dt>{t("q_source")}</dt>
              <dd>{sources.length === 0 ? "—" : sources.map((source) => t(source === "readings" ? "q_raw" : "q_packed")).join(" + ")}</dd>
              <dt>{t("q_doubts")}</dt>
              <dd>{doubts.length === 0 ? t("q_none") : doubts.map((doubt) => word("doubt", doubt)).join(lang === "zh" ? "、" : ", ")}</dd>
              <dt>{t("q_versions")}</dt>
              <dd>{number(timeline.superseded)}</dd>
            </dl>
            <ul className="gap-list">
              {gaps.map(({ gap, seconds }) => (
                <li key={gap.id}>
                  {t("q_gap", { range: range(gap.started_at, gap.ended_at), length: duration(seconds, lang),
                    km: gap.undocumented_km === null ? "—" : kmOf(gap.undocumented_km * 1000) })}
                  {" · "}{t(gap.was_moving ? "q_moving" : "q_parked")}
                </li>
              ))}
            </ul>
          </div>
        );
      }}
    </Read>
  );
}
