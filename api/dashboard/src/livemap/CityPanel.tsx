import { Bar } from "../charts/Spark";
import { useT } from "../i18n";
import { number } from "../format/number";
import { useFleetVersion } from "../live/useStream";
import { tally } from "../map/counties";
import { useCounties } from "../map/useCounties";
import { Severity, StateSymbol } from "../ui/marks";
import { Panel } from "../ui/Panel";
import { CityFigures } from "./CityFigures";
import { ForceList } from "./ForceList";
import type { Force } from "./forces";

/** Nothing chosen: the city itself is the subject. */
export function CityPanel({ county, onCounty, openCases, forces }: {
  county: number | null; onCounty: (code: number) => void; openCases: number | null; forces: readonly Force[];
}) {
  useFleetVersion();
  const { counties, name } = useCounties();
  const t = useT("map");
  const counts = tally();
  const rows = counties.map(({ code }) => ({ code, name: name(code) }));
  const outside = counts.get(0);
  const shown = outside ? [...rows, { code: 0, name: t("outside") }] : rows;
  const most = Math.max(1, ...shown.map(({ code }) => counts.get(code)?.onRoad ?? 0));
  return (
    <>
      <div className="pad">
        <h2 className="subject">{t("overview")}</h2>
        <CityFigures openCases={openCases} />
      </div>
      <ForceList forces={forces} />
      <Panel title={t("by_division")}>
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
