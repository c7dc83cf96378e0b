import { useMemo } from "react";
import { coordinates, number } from "../format/number";
import { clockS, isoDay } from "../format/time";
import { useT } from "../i18n";
import { LazyTrackView } from "../map/LazyTrackView";
import { headAt, makeTrack } from "../map/trackFeatures";
import type { Mark } from "../map/TrackMap";
import { useTheme } from "../theme/useTheme";
import { ProblemView } from "../ui/states";
import type { useCaseTrack } from "./queries";
import type { Finding, Reading } from "./shapes";

/** Which reading proves: the one at that moment, else the nearest before it, as evidence is never of the future. */
export function provingIndex(readings: readonly Reading[], proven: string | null): number {
  if (proven === null || readings.length === 0) return -1;
  const moment = Date.parse(proven);
  let best = -1;
  readings.forEach((reading, index) => { if (Date.parse(reading.observed_at) <= moment) best = index; });
  return best < 0 ? 0 : best;
}

const NO_RINGS: [] = [];

/** Where it was: the way, the readings that are cited, a star on the one that proves. */
export function EvidenceMap({ finding, track, moment, onMoment }: {
  finding: Finding; track: ReturnType<typeof useCaseTrack>; moment: number | null; onMoment: (moment: number) => void;
}) {
  const theme = useTheme();
  const t = useT("cases");
  const tracks = useMemo(() => (track.data ? [makeTrack(1, "", 0, track.data.points)] : []), [track.data]);
  const marks = useMemo<Mark[]>(() => {
    const proof = provingIndex(finding.readings, finding.proven_at);
    return finding.readings.flatMap(({ lat, lon }, index) =>
      lat === null || lon === null ? [] : [{ id: String(index), lat, lon, kind: index === proof ? "proof" as const : "reading" as const }]);
  }, [finding]);
  const first = tracks[0];
  const head = first && moment !== null ? headAt(first, moment) : null;
  return (
    <div className="evidence-map">
      <LazyTrackView theme={theme} tracks={tracks} marks={marks} rings={NO_RINGS} moment={moment} follow={false}
        onPick={(mark) => {
          const reading = finding.readings[Number(mark)];
          if (reading) onMoment(Date.parse(reading.observed_at));
        }} />
      <div className="readout" role="status">
        {moment !== null && <b>{isoDay(moment)} {clockS(moment)}</b>}
        {head ? (
          <>
            <span>{head.old ? t("last_known", { time: clockS(head.point.observed_at) }) : `${number(head.point.speed_kmh)} km/h`}</span>
            <span>{coordinates(head.lat, head.lon)}</span>
            {head.point.ignition !== null && <span>{t("ignition")} {t(head.point.ignition ? "ignition_on" : "ignition_off")}</span>}
            {head.point.odometer_km !== null && <span>{t("odometer")} {number(head.point.odometer_km, 1)} km</span>}
          </>
        ) : (
          <span>{track.isFetching ? t("loading_track") : t("no_reading")}</span>
        )}
      </div>
      <p className="note">
        {!track.may ? t("no_track") : track.data?.points.length === 0 ? t("track_gone") : track.data ? t("map_reads") : ""}
      </p>
      {track.error && <ProblemView problem={track.error} onRetry={() => void track.refetch()} />}
    </div>
  );
}
