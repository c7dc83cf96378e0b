import { Link } from "react-router";
import { useGet, type Answer } from "../api/queries";
import { kmOf, number } from "../format/number";
import { dayTime, duration, range } from "../format/time";
import { useLang, useT, type Key } from "../i18n";
import { useMay } from "../session/session";
import { Pairs, Panel } from "../ui/Panel";
import { Read } from "../ui/states";
import { MissingNumbers } from "./MissingNumbers";

type State = Answer<"/api/v1/units/{unit_id}/state">;
const MARGIN_MS = 30 * 60_000;

/** A unit's silences while it sat in the vehicle: when, how many messages are missing, how far it went undocumented. */
export function UnitGaps({ unit, code, vehicle, period }: { unit: number; code: string; vehicle: number; period: { from: string; to: string } }) {
  const t = useT("audit");
  const lang = useLang();
  const mayNumbers = useMay("read_ledger");
  const state = useGet("/api/v1/units/{unit_id}/state", { params: { path: { unit_id: unit }, query: period } }, { placeholderData: undefined });
  return (
    <>
      <Panel title={t("unit_of", { code })}>
        <Read of={state} rows={5}>
          {(found) => (
            <>
              <Pairs items={[
                [t("state"), found.state === null ? "—" : t(`units_${found.state}` as Key<"audit">)],
                [t("last_heard"), found.last_received_at === null ? "—" : dayTime(found.last_received_at)],
                [t("clock_offset"), found.clock_offset_ms === null ? "—" : `${number(found.clock_offset_ms / 1000, 1)} s`],
              ]} />
              {found.items.length === 0 ? <p className="quiet">{t("gap_none_unit")}</p> : <Silences of={found} vehicle={vehicle} />}
              {found.items.length > 0 && (
                <p className="quiet">
                  {t("gap_totals", {
                    n: found.totals.gaps, time: duration(found.totals.seconds, lang), messages: number(found.totals.messages_missing),
                    km: kmOf(found.totals.undocumented_km * 1000),
                  })}
                  {found.truncated ? ` ${t("gap_cut")}` : ""}
                </p>
              )}
            </>
          )}
        </Read>
      </Panel>
      {mayNumbers && <Panel title={t("missing_numbers")}><MissingNumbers unit={code} /></Panel>}
    </>
  );
}

function Silences({ of, vehicle }: { of: State; vehicle: number }) {
  const t = useT("audit");
  const lang = useLang();
  const replay = (gap: State["items"][number]) => {
    const from = new Date(Date.parse(gap.started_at) - MARGIN_MS).toISOString();
    const to = new Date(Date.parse(gap.ended_at ?? of.to) + MARGIN_MS).toISOString();
    return `/history?vehicles=${vehicle}&from=${from}&to=${to}&at=${gap.started_at}`;
  };
  return (
    <table className="plain-table">
      <caption>{t("gaps_of")}</caption>
      <thead>
        <tr>
          <th scope="col">{t("gap_when")}</th>
          <th scope="col">{t("gap_what")}</th>
          <th scope="col"><span className="unseen-word">{t("replay")}</span></th>
        </tr>
      </thead>
      <tbody>
        {of.items.map((gap) => (
          <tr key={gap.id}>
            <th scope="row">
              {range(gap.started_at, gap.ended_at)}
              <small>{duration(gap.seconds, lang)}{gap.was_moving ? ` · ${t("moving_then")}` : ""}</small>
            </th>
            <td>{lang === "zh" ? gap.text.zh : gap.text.en}</td>
            <td><Link to={replay(gap)}>{t("replay")}</Link></td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
