import { PhoneOutlined } from "@ant-design/icons";
import { useState } from "react";
import { api, data, purposeHeader } from "../api/client";
import { useT } from "../i18n";
import { useMay } from "../session/session";
import { Phone } from "./Phone";
import { PurposeDialog } from "./Purpose";
import { ProblemView } from "./states";

/** A driver's name and the way to call him: the number is read for a stated purpose. */
export function DriverCall({ driver }: { driver: { id: number; label: string } }) {
  const t = useT("shell");
  const may = useMay("unmask");
  const [asking, setAsking] = useState(false);
  const [found, setFound] = useState<{ id: number; phone: string | null } | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const read = async (purpose: string) => {
    setAsking(false);
    setProblem(null);
    try {
      const params = { path: { driver_id: driver.id }, query: { unmask: true }, header: purposeHeader(purpose) };
      setFound({ id: driver.id, phone: (await data(api.GET("/api/v1/drivers/{driver_id}", { params }))).phone });
    } catch (reason) {
      setProblem(reason);
    }
  };
  const phone = found?.id === driver.id ? found.phone : undefined;
  return (
    <span className="driver-call">
      {driver.label}
      {phone && <Phone number={phone} />}
      {phone === null && <small>{t("no_phone")}</small>}
      {may && phone === undefined && (
        <button type="button" className="phone" title={`${t("call_driver")} ${driver.label}`} onClick={() => setAsking(true)}>
          <PhoneOutlined aria-hidden />
          {t("call")}
        </button>
      )}
      {problem !== null && <ProblemView problem={problem} />}
      <PurposeDialog open={asking} text={t("call_purpose")} onClose={() => setAsking(false)} onPurpose={(why) => void read(why)} />
    </span>
  );
}
