import { useMemo } from "react";
import "../theme/history.css";
import { ADDRESS, periodOf } from "../history/address";
import { Trips } from "../history/Trips";
import { Visits } from "../history/Visits";
import { useT } from "../i18n";
import { serverNow } from "../live/useStream";
import { useUrlState } from "../url/useUrlState";

/** What was: trips and replay of up to eight vehicles, and who was at a place. */
export default function HistoryPage() {
  const [address, set] = useUrlState(ADDRESS);
  const t = useT("history");
  const period = useMemo(() => periodOf(address, serverNow()), [address.from, address.to]);
  return (
    <div className="history-page">
      <header>
        <h1>{t("title")}</h1>
        <nav aria-label={t("title")}>
          {(["trips", "visits"] as const).map((tab) => (
            <button key={tab} type="button" aria-pressed={address.tab === tab} onClick={() => set({ tab }, { push: true })}>{t(`tab_${tab}`)}</button>
          ))}
        </nav>
      </header>
      {address.tab === "trips" ? <Trips address={address} set={set} period={period} /> : <Visits address={address} set={set} period={period} />}
    </div>
  );
}
