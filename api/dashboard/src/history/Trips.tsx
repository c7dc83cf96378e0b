import { PrinterOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useEffect, useMemo, useState } from "react";
import { clock } from "../format/time";
import { useT } from "../i18n";
import { serverNow } from "../live/useStream";
import { useCoupling } from "../live/useWindows";
import { LazyTrackView } from "../map/LazyTrackView";
import { useMay } from "../session/session";
import { useTheme } from "../theme/useTheme";
import { PurposeDialog } from "../ui/Purpose";
import { ProblemView } from "../ui/states";
import { iso, tooLong, type HistoryAddress, type Period, type SetHistoryAddress } from "./address";
import { DayChart } from "./DayChart";
import { daysOf } from "./days";
import { ExportMenu } from "./ExportMenu";
import { Gantt } from "./Gantt";
import { PeriodPicker } from "./PeriodPicker";
import { PlayerBar } from "./PlayerBar";
import { PrintSheet } from "./PrintSheet";
import { useChosen, useWays } from "./queries";
import { beside, stopMarks, stopsOf } from "./moments";
import { TripList } from "./TripList";
import { usePlayer } from "./usePlayer";
import { usePlayerKeys } from "./usePlayerKeys";
import { VehiclePicker } from "./VehiclePicker";

const NO_RINGS: [] = [];

/** What one or several vehicles did in a period: list, map, and a player over their time. */
export function Trips({ address, set, period }: { address: HistoryAddress; set: SetHistoryAddress; period: Period }) {
  const t = useT("history");
  const theme = useTheme();
  const mayTracks = useMay("read_tracks");
  const [purpose, setPurpose] = useState<string | null>(null);
  const [asking, setAsking] = useState(false);
  const chosen = useChosen(address.vehicles, period, purpose, useMay("read_orders"));
  const ways = useWays(chosen);
  // What stands side by side here is not taken apart by what is chosen elsewhere.
  useCoupling(address.vehicles.at(-1), (id) => address.vehicles.length < 2 && set({ vehicles: [id], at: "" }));
  const said = Date.parse(address.at);
  const first = chosen[0]?.timeline?.items.find((item) => item.kind === "trip");
  const begin = Number.isFinite(said) ? said : first ? Math.max(period.from, Date.parse(first.started_at)) : period.from;
  const player = usePlayer(period, begin, Number(address.speed), (moment) => set({ at: iso(moment) }));
  const timelines = Array.from({ length: 8 }, (_, index) => chosen[index]?.timeline);
  const items = useMemo(() => timelines.flatMap((timeline) => timeline?.items ?? []), timelines);
  const marks = useMemo(() => stopMarks(items), [items]);
  const stops = useMemo(() => stopsOf(items), [items]);
  const toStop = (step: 1 | -1) => {
    const next = beside(stops, player.moment, step);
    if (next !== null) player.go(next);
  };
  const toPoint = (step: 1 | -1) => {
    const next = beside(ways.flatMap(({ at }) => at), player.moment, step);
    player.go(next ?? player.moment + step * 60_000);
  };
  usePlayerKeys({ toggle: player.toggle, point: toPoint, stop: toStop, minute: (step) => player.go(player.moment + step * 60_000),
    speed: (speed) => set({ speed }), follow: () => set({ follow: !address.follow }) });
  // Somebody who chose a vehicle wants its way: the purpose is asked for once, and can be put off.
  useEffect(() => { if (address.vehicles.length > 0 && purpose === null && mayTracks) setAsking(true); }, [address.vehicles.length > 0]);
  const now = serverNow();
  return (
    <>
      <aside className="list" aria-label={t("tab_trips")}>
        <div className="controls">
          <VehiclePicker chosen={chosen} onChange={(vehicles) => set({ vehicles, at: "" }, { push: true })} />
          <PeriodPicker period={period} onChange={({ from, to }) => set({ from: iso(from), to: iso(to), at: "" }, { push: true })} />
          {tooLong(period) && <p className="wrong" role="alert">{t("too_long")}</p>}
          {period.to > now && period.from < now && <p className="quiet">{t("until_now", { time: clock(now) })}</p>}
          {purpose !== null ? (
            <p className="quiet">{t("why", { purpose })} <Button size="small" type="link" onClick={() => setAsking(true)}>{t("change")}</Button></p>
          ) : mayTracks && chosen.length > 0 && <Button size="small" type="primary" onClick={() => setAsking(true)}>{t("read")}</Button>}
        </div>
        <TripList chosen={chosen} moment={player.moment} onGo={(_, moment) => { player.go(moment); set({ at: iso(moment) }); }} />
        <footer className="take">
          <ExportMenu chosen={mayTracks ? chosen : []} period={period} purpose={purpose} />
          <Button size="small" icon={<PrinterOutlined />} disabled={chosen.length === 0} onClick={() => window.print()}>{t("print")}</Button>
        </footer>
      </aside>
      <section className="replay" aria-label={t("map")}>
        <LazyTrackView theme={theme} tracks={ways} marks={marks} rings={NO_RINGS} moment={player.moment} follow={address.follow}
          onPick={(mark) => { const at = Number(mark.split(":")[1]); if (at) player.go(at); }} />
        <div className="told">
          {chosen.map((one) => (
            <div key={one.id}>
              {one.pending && <p>{one.letter} {t("reading")}</p>}
              {one.track?.points.length === 0 && <p>{one.letter} {t("no_positions")}</p>}
              {one.track?.thinned && <p>{t("thinned", { plate: one.plate, n: one.track.returned, all: one.track.total })}</p>}
              {one.trackError && <><p>{t("failed", { plate: one.plate })}</p><ProblemView problem={one.trackError} /></>}
            </div>
          ))}
        </div>
        <PlayerBar player={player} ways={ways} speed={address.speed} follow={address.follow} onStop={toStop}
          onSpeed={(speed) => set({ speed })} onFollow={(follow) => set({ follow })} />
        {chosen.length > 0 && !tooLong(period) && daysOf(period).length > 1 && (
          <DayChart chosen={chosen} period={period} onDay={({ from, to }) => set({ from: iso(from), to: iso(to), at: "" }, { push: true })} />
        )}
        {chosen.length > 0 && <Gantt chosen={chosen} period={period} moment={player.moment} onMoment={player.go} />}
      </section>
      <PrintSheet chosen={chosen} period={period} purpose={purpose} />
      <PurposeDialog open={asking} text={t("purpose_text", { n: Math.max(1, address.vehicles.length) })} onClose={() => setAsking(false)}
        onPurpose={(why) => { setPurpose(why); setAsking(false); }} />
    </>
  );
}
