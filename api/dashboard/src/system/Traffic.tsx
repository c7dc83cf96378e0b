import { Segmented } from "antd";
import { useMemo, useState } from "react";
import { useGet } from "../api/queries";
import { Chart } from "../charts/Chart";
import { number } from "../format/number";
import { clock } from "../format/time";
import { useT } from "../i18n";
import { Panel } from "../ui/Panel";
import { Read } from "../ui/states";

const MINUTE_MS = 60_000;

/** What came in each minute of the last hour or day, and how long the slowest batch took. */
export function Traffic() {
  const t = useT("system");
  const [minutes, setMinutes] = useState<60 | 1440>(60);
  const found = useGet("/api/v1/system", { params: { query: { minutes } } }, { refetchInterval: minutes * 1000 });
  const drawn = useMemo(() => {
    const told = new Map((found.data?.minutes ?? []).map((one) => [Date.parse(one.at), one]));
    const end = Math.floor(Date.parse(found.data?.at ?? "") / MINUTE_MS) * MINUTE_MS;
    if (!Number.isFinite(end)) return null;
    const moments = Array.from({ length: minutes }, (_, index) => end - (minutes - 1 - index) * MINUTE_MS);
    return {
      axis: { labels: moments.map(clock), every: minutes / 6 },
      series: [{ name: t("received"), values: moments.map((at) => told.get(at)?.received ?? 0) },
        { name: t("refused"), values: moments.map((at) => told.get(at)?.quarantined ?? 0) }],
      slowest: Math.max(0, ...[...told.values()].map((one) => one.lag_s)),
    };
    // The words change with the language, and with them every answer's drawing.
  }, [found.data, minutes, t("received")]);
  return (
    <Panel title={t("traffic")} note={drawn ? `${t("lag")} ≤ ${number(drawn.slowest, 1)} ${t("lag_unit")}` : undefined} actions={(
      <Segmented<60 | 1440> size="small" value={minutes} aria-label={t("traffic")} onChange={setMinutes}
        options={[{ value: 60, label: t("hour") }, { value: 1440, label: t("day") }]} />
    )}>
      <Read of={found} rows={5}>
        {() => drawn && <div className="traffic"><Chart kind="line" axis={drawn.axis} series={drawn.series} label={t("traffic")} /></div>}
      </Read>
    </Panel>
  );
}
