import { useEffect, useRef } from "react";
import { coordinates, number } from "../format/number";
import { clockS, isoDay } from "../format/time";
import { useLang, useT, useWord } from "../i18n";
import { provingIndex } from "./EvidenceMap";
import type { Finding } from "./shapes";

/** The readings that the finding cites, copied when it was made; the one that proves it is marked. */
export function Readings({ finding, moment, onMoment }: { finding: Finding; moment: number | null; onMoment: (moment: number) => void }) {
  const lang = useLang();
  const t = useT("cases");
  const word = useWord();
  const table = useRef<HTMLTableSectionElement>(null);
  const proof = provingIndex(finding.readings, finding.proven_at);
  const times = finding.readings.map((reading) => Date.parse(reading.observed_at));
  const far = (index: number) => Math.abs((times[index] ?? Infinity) - (moment ?? 0));
  const at = moment === null ? -1 : times.reduce((best, _, index) => (far(index) < far(best) ? index : best), 0);
  useEffect(() => {
    // The box alone: where it does not scroll, on a telephone, the page must not jump past what was found.
    const row = table.current?.querySelector<HTMLElement>("tr.now");
    const box = row?.closest<HTMLElement>(".readings");
    if (!row || !box) return;
    const end = row.offsetTop + row.offsetHeight;
    if (row.offsetTop < box.scrollTop) box.scrollTop = row.offsetTop;
    else if (end > box.scrollTop + box.clientHeight) box.scrollTop = end - box.clientHeight;
  }, [at]);
  if (finding.readings.length === 0) return <p className="quiet">{t("r_none")}</p>;
  return (
    <div className="readings" tabIndex={0} role="region" aria-label={t("reading_rows")}>
      <table className="plain-table">
        <caption>{t("tab_readings")}</caption>
        <thead>
          <tr>
            <th scope="col">{t("r_time")}</th><th scope="col">{t("r_place")}</th>
            <th scope="col" className="figure">{t("r_coordinates")}</th><th scope="col" className="figure">{t("r_speed")}</th>
            <th scope="col" className="figure">{t("r_odometer")}</th><th scope="col">{t("ignition")}</th>
            <th scope="col">{t("r_event")}</th>
          </tr>
        </thead>
        <tbody ref={table}>
          {finding.readings.map((reading, index) => (
            <tr key={index} className={`${index === at ? "now" : ""} ${index === proof ? "proof" : ""}`}>
              <th scope="row">
                <button type="button" onClick={() => onMoment(times[index] ?? 0)}>
                  {isoDay(reading.observed_at).slice(5)} {clockS(reading.observed_at)}
                </button>
                {index === proof && <b className="proves">★ {t("r_proves")}</b>}
              </th>
              <td>{reading.place?.[lang] ?? "—"}</td>
              <td className="figure">{reading.lat === null || reading.lon === null ? "—" : coordinates(reading.lat, reading.lon)}</td>
              <td className="figure">{reading.speed_kmh === null ? "—" : `${number(reading.speed_kmh, 1)} km/h`}</td>
              <td className="figure">{reading.odometer_km === null ? "—" : `${number(reading.odometer_km, 1)} km`}</td>
              <td>{reading.ignition === null ? "—" : t(reading.ignition ? "ignition_on" : "ignition_off")}</td>
              <td>{reading.event === null ? "—" : word("event", reading.event)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
