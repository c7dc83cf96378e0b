import { Input } from "antd";
import { useState } from "react";
import { useGet, type Answer } from "../api/queries";
import { useT } from "../i18n";
import { serverNow } from "../live/useStream";
import { useSession } from "../session/session";
import { Filters } from "../ui/Filters";
import { Panel } from "../ui/Panel";
import { Empty, Read } from "../ui/states";
import { daysOf, momentsOf, reachesNow, type Address, type SetAddress } from "./address";
import { DayRange } from "./DayRange";
import { Equation } from "./Equation";
import { HourStrip } from "./HourStrip";
import { HourTable } from "./HourTable";
import { KindTable } from "./KindTable";
import { MissingNumbers } from "./MissingNumbers";

export type Books = Answer<"/api/v1/ledger">;
export type Hour = Books["items"][number];

const MOST_HOURS = 1000;
const USUAL_DAYS = 7;

/** The books: what became of every message, hour by hour, and whether it adds up. */
export function Ledger({ address, set }: { address: Address; set: SetAddress }) {
  const t = useT("audit");
  const { me } = useSession();
  const [unit, setUnit] = useState(address.unit);
  const days = daysOf(address, serverNow(), USUAL_DAYS);
  const query = { ...momentsOf(days), ...(address.unit ? { unit: address.unit } : {}), limit: MOST_HOURS };
  const books = useGet("/api/v1/ledger", { params: { query } }, reachesNow(days, serverNow()) ? { refetchInterval: 10_000 } : {});
  const take = () => /^[A-Za-z0-9_-]{0,32}$/.test(unit.trim()) && unit.trim() !== address.unit && set({ unit: unit.trim(), hour: "" });
  const clear = () => {
    setUnit("");
    set({ from: "", to: "", unit: "", hour: "" });
  };
  const note = [days ? t("ledger_of", { from: days.from, to: days.to }) : t("ledger_all"), ...(me.organ ? [t("own_part")] : [])].join(" · ");
  return (
    <>
      <Filters active={Boolean(address.unit || address.from)} onClear={clear} note={note}>
        <DayRange days={days} onChange={(picked) => set({ ...picked, hour: "" })} />
        <Input
          className="wide" allowClear aria-label={t("unit")} placeholder={t("any_unit")} value={unit} maxLength={32} spellCheck={false}
          onChange={({ target }) => { setUnit(target.value); if (!target.value) set({ unit: "", hour: "" }); }} onPressEnter={take} onBlur={take}
        />
      </Filters>
      <div className="audit-body">
        <Read of={books} rows={10}>
          {(found) => {
            const hour = found.items.find((one) => one.hour === address.hour) ?? null;
            return (
              <>
                <Equation books={found} />
                {found.items.length === 0 ? <Empty text={t("ledger_none")} /> : (
                  <>
                    <Panel title={t("strip")} {...(found.next_cursor ? { note: t("newest_hours", { n: MOST_HOURS }) } : {})}>
                      <HourStrip hours={found.items} days={days} chosen={address.hour} onPick={(picked) => set({ hour: picked })} />
                    </Panel>
                    <div className="audit-two">
                      <HourTable hours={found.items} chosen={address.hour} onPick={(picked) => set({ hour: picked })} />
                      <KindTable of={hour ?? { ...found, hour: null }} onWhole={() => set({ hour: "" })} />
                    </div>
                  </>
                )}
              </>
            );
          }}
        </Read>
        {address.unit !== "" && !books.error && <Panel title={t("missing_numbers")}><MissingNumbers unit={address.unit} /></Panel>}
      </div>
    </>
  );
}
