import { useEffect, useMemo, useState } from "react";
import { Bar } from "../charts/Spark";
import { useLang, useT } from "../i18n";
import { number } from "../format/number";
import { fleet } from "../live/fleet";
import { useFleetVersion } from "../live/useStream";
import { countyName, readCounties, tally, type County } from "../map/counties";
import { Severity, StateSymbol } from "../ui/marks";
import { Facts, Panel } from "../ui/Panel";

/** Nothing chosen: the city itself is the subject. */
export function CityPanel({ county, onCounty }: { county: number | null; onCounty: (code: number) => void }) {
  useFleetVersion();
  const [counties, setCounties] = useState<County[]>([]);
  const t = useT("map");
  const lang = useLang();
  useEffect(() => {
    void readCounties().then((found) => setCounties(found.counties), () => undefined);
  }, []);
  const counts = tally();
  const rows = useMemo(() => [...counties.map((one) => ({ code: one.code, name: countyName(one, lang) }))], [counties, lang]);
  const outside = counts.get(0);
  const shown = outside ? [...rows, { code: 0, name: t("outside") }] : rows;
  const most = Math.max(1, ...shown.map(({ code }) => counts.get(code)?.onRoad ?? 0));
  const [moving = 0, idling = 0, , silent = 0] = fleet.counts;
  let nev = 0;
  for (const vehicle of fleet.vehicles.values()) if (vehicle.nev && vehicle.state < 2) nev += 1;
  return (
    <>
      <div className="pad">
        <h2 className="subject">{t("overview")}</h2>
        <Facts columns={2} items={[
          [t("on_road"), number(moving + idling), t("vehicle_unit")],
          [`${t("nev")} · ${t("on_road_short")}`, number(nev), t("vehicle_unit")],
          [t("vehicles"), number(fleet.vehicles.size), t("vehicle_unit")],
          [t("silent_short"), number(silent), t("vehicle_unit")],
        ]} />
      </div>
      <Panel title={t("division")}>
        <table className="cty">
          <thead>
            <tr>
              <th scope="col">{t("division")}</th>
              <th scope="col" colSpan={2}><StateSymbol state={0} />{t("on_road_short")}</th>
              <th scope="col"><StateSymbol state={3} />{t("silent_short")}</th>
              <th scope="col"><Severity severity="red" />{t("red_short")}</th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ code, name }) => {
              const one = counts.get(code) ?? { onRoad: 0, silent: 0, red: 0 };
              return (
                <tr key={code} className={county === code ? "chosen" : undefined}>
                  <th scope="row"><button type="button" onClick={() => onCounty(code)}>{name}</button></th>
                  <td className="bar"><Bar value={one.onRoad} max={most} /></td>
                  <td>{number(one.onRoad)}</td>
                  <td>{one.silent || <span className="zero">0</span>}</td>
                  <td>{one.red || <span className="zero">0</span>}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </Panel>
    </>
  );
}
