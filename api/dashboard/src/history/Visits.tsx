import { Button, InputNumber } from "antd";
import { useMemo, useState } from "react";
import { api, data, purposeHeader, type Shape } from "../api/client";
import { number } from "../format/number";
import { useT } from "../i18n";
import { LazyTrackView } from "../map/LazyTrackView";
import type { Mark } from "../map/TrackMap";
import { useTheme } from "../theme/useTheme";
import { PurposeDialog } from "../ui/Purpose";
import { Empty, Loading, ProblemView } from "../ui/states";
import { iso, type HistoryAddress, type Period, type SetHistoryAddress } from "./address";
import { PeriodPicker } from "./PeriodPicker";
import { VisitTable } from "./VisitTable";

type Visit = Shape<"Visit">;
interface Found {
  items: Visit[];
  examined: number;
  cursor: string | null;
  purpose: string;
}

const NOTHING: [] = [];
const RADIUS_M = 200;

/** Which vehicles were at a place in a period. It says where people were: the purpose is asked for, and logged. */
export function Visits({ address, set, period }: { address: HistoryAddress; set: SetHistoryAddress; period: Period }) {
  const t = useT("history");
  const theme = useTheme();
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [found, setFound] = useState<Found | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [lat, lon] = [address.lat, address.lon].map((one) => (one === "" ? NaN : Number(one)));
  const radius = address.radius ?? RADIUS_M;
  const placed = lat !== undefined && lon !== undefined && Number.isFinite(lat) && Number.isFinite(lon);
  const rings = useMemo(() => (placed ? [{ lat, lon, radiusM: radius }] : NOTHING), [placed, lat, lon, radius]);
  const marks = useMemo<Mark[]>(() => (placed ? [{ id: "place", lat, lon, kind: "visit" }] : NOTHING), [placed, lat, lon]);
  const put = (change: { lat?: string; lon?: string; radius?: number }) => { setFound(null); set(change); };
  const search = async (purpose: string, before: Found | null) => {
    setAsking(false);
    setBusy(true);
    setProblem(null);
    try {
      const query = { lat: lat ?? 0, lon: lon ?? 0, radius_m: radius, from: iso(period.from), to: iso(period.to), limit: 100,
        ...(before?.cursor ? { cursor: before.cursor } : {}) };
      const page = await data(api.GET("/api/v1/visits", { params: { query, header: purposeHeader(purpose) } }));
      const items = [...(before?.items ?? []), ...page.items];
      setFound({ items, examined: (before?.examined ?? 0) + page.examined, cursor: page.next_cursor, purpose });
    } catch (reason) {
      setProblem(reason);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <aside className="list" aria-label={t("tab_visits")}>
        <div className="controls">
          <p className="quiet">{t("v_press")}</p>
          <div className="three">
            <label>{t("v_lat")}<InputNumber<number> size="small" min={18} max={54} step={0.0001} controls={false} value={placed ? lat : null}
              onChange={(value) => put({ lat: value === null ? "" : String(value) })} /></label>
            <label>{t("v_lon")}<InputNumber<number> size="small" min={73} max={136} step={0.0001} controls={false} value={placed ? lon : null}
              onChange={(value) => put({ lon: value === null ? "" : String(value) })} /></label>
            <label>{t("v_radius")}<InputNumber<number> size="small" min={10} max={5000} step={50} value={radius}
              onChange={(value) => put({ radius: value ?? RADIUS_M })} /></label>
          </div>
          <PeriodPicker period={period} onChange={({ from, to }) => { setFound(null); set({ from: iso(from), to: iso(to) }); }} />
          <Button type="primary" size="small" disabled={!placed} loading={busy} onClick={() => setAsking(true)}>{t("v_search")}</Button>
          {!placed && <p className="quiet">{t("v_need")}</p>}
        </div>
        {problem !== null && <ProblemView problem={problem} />}
        {busy && found === null && <Loading rows={4} />}
        {found && found.items.length === 0 && found.cursor === null && <Empty text={t("v_none")} />}
        {found && (
          <>
            <VisitTable visits={found.items} period={period} />
            <p className="quiet examined">{t("v_examined", { n: number(found.examined) })}</p>
            {found.cursor && <Button size="small" loading={busy} onClick={() => void search(found.purpose, found)}>{t("v_more")}</Button>}
          </>
        )}
      </aside>
      <section className="replay" aria-label={t("map")}>
        <LazyTrackView theme={theme} tracks={NOTHING} marks={marks} rings={rings} moment={null} follow={false}
          onPlace={(x, y) => put({ lat: y.toFixed(5), lon: x.toFixed(5) })} />
      </section>
      <PurposeDialog open={asking} text={t("v_purpose")} onClose={() => setAsking(false)} onPurpose={(purpose) => void search(purpose, null)} />
    </>
  );
}
