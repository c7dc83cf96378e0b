import { Link } from "react-router";
import { useGet } from "../api/queries";
import type { Shape } from "../api/client";
import { number } from "../format/number";
import { dayTime } from "../format/time";
import { useT } from "../i18n";
import { Plate } from "../ui/marks";
import { Panel } from "../ui/Panel";
import { Read } from "../ui/states";

export const CONDITIONS = ["silent", "late", "never_seen", "clock_off"] as const;
export type Condition = (typeof CONDITIONS)[number];

/** How many units are well and how many are not, and which: those that are so for longest first. */
export function UnitHealth({ counts, condition, onPick }: {
  counts: Shape<"UnitsShown">; condition: Condition; onPick: (condition: Condition) => void;
}) {
  const t = useT("system");
  const what = t(`unit.${condition}`);
  const found = useGet("/api/v1/system/units", { params: { query: { condition } } }, { refetchInterval: 15_000 });
  return (
    <Panel title={t("units")} note={`${t("unit.online")} ${number(counts.online ?? 0)}`}>
      <div className="conditions" role="group" aria-label={t("units")}>
        {CONDITIONS.map((one) => (
          <button key={one} type="button" aria-pressed={one === condition} onClick={() => onPick(one)}>
            {t(`unit.${one}`)} <b>{number(counts[one] ?? 0)}</b>
          </button>
        ))}
      </div>
      <Read of={found} rows={5}>
        {({ items, truncated }) => (items.length === 0 ? <p className="quiet">{t("none_sick", { what })}</p> : (
          <div className="scroll" tabIndex={0} role="region" aria-label={t("sick", { what })}>
            <table className="plain-table">
              <caption>{t("sick", { what })}</caption>
              <thead>
                <tr>
                  <th scope="col">{t("plate")}</th><th scope="col">{t("code")}</th><th scope="col">{t("since")}</th>
                  <th scope="col">{t("last")}</th><th scope="col" className="figure">{t("offset")}</th>
                </tr>
              </thead>
              <tbody>
                {items.map((one) => (
                  <tr key={one.unit_id}>
                    <th scope="row">
                      {one.plate === null ? t("unbound") : <Link to={`/map?vehicle=${one.vehicle_id}`}><Plate plate={one.plate} /></Link>}
                    </th>
                    <td><Link to={`/registry/units/${one.unit_id}`}>{one.code}</Link></td>
                    <td>{dayTime(one.since)}</td>
                    <td>{one.last_received_at === null ? "—" : dayTime(one.last_received_at)}</td>
                    <td className="figure">{one.clock_offset_ms === null ? "—" : `${number(one.clock_offset_ms / 1000, 1)} s`}</td>
                  </tr>
                ))}
              </tbody>
            </table>
            {truncated && <p className="quiet">{t("cut")}</p>}
          </div>
        ))}
      </Read>
    </Panel>
  );
}
