import { Button } from "antd";
import "../theme/system.css";
import { useGet } from "../api/queries";
import { number } from "../format/number";
import { clockS } from "../format/time";
import { useT } from "../i18n";
import { serverNow } from "../live/useStream";
import { FlowLine } from "../system/FlowLine";
import { Refused } from "../system/Refused";
import { Rules } from "../system/Rules";
import { Traffic } from "../system/Traffic";
import { CONDITIONS, UnitHealth } from "../system/UnitHealth";
import { Webhooks } from "../system/Webhooks";
import { Read } from "../ui/states";
import { useKeys } from "../ui/useKeys";
import { oneOf, useUrlState } from "../url/useUrlState";

const ADDRESS = { units: oneOf(CONDITIONS, "silent") };
const EVERY_MS = 5_000;

/** The system: whether the figures can be trusted now, and which part or unit is in the way. */
export default function SystemPage() {
  const t = useT("system");
  const [address, set] = useUrlState(ADDRESS);
  const state = useGet("/api/v1/system", {}, { refetchInterval: EVERY_MS, retry: false });
  useKeys({ r: () => void state.refetch() });
  return (
    <div className="page system-page">
      <Read of={state} rows={12}>
        {(found) => {
          const judge = found.flow.find((step) => step.part === "judge");
          return (
            <>
              <header>
                <h1>{t("title")}</h1>
                <span className={`status ${found.status}`} role="status">{t(`status.${found.status}`)}</span>
                <span className="push" />
                <span className="note">{t("online")} {number(found.online_units)} · {t("vehicles")} {number(found.vehicles)}</span>
                <span className="note">{t("as_of", { time: clockS(found.at) })}</span>
                <Button size="small" onClick={() => void state.refetch()}>{t("k_refresh")}</Button>
              </header>
              {state.error !== null && <p className="banner" role="alert">{t("away", { time: clockS(found.at) })}</p>}
              <FlowLine steps={found.flow} now={serverNow()} />
              <div className="system-parts">
                <div>
                  <Traffic />
                  <Rules roundMs={judge?.figures["round_ms"] ?? null} />
                </div>
                <div>
                  <UnitHealth counts={found.units} condition={address.units} onPick={(units) => set({ units })} />
                  <Webhooks counts={found.webhooks} />
                  {found.quarantine && <Refused counts={found.quarantine} />}
                </div>
              </div>
            </>
          );
        }}
      </Read>
    </div>
  );
}
