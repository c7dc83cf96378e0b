import { QRCode } from "antd";
import type { Shape } from "../api/client";
import { useT } from "../i18n";
import { CodeForm } from "./CodeForm";

/** The secret for the authenticator, to scan or to type, and the first code that proves it arrived. */
export function Enrolment({ of, onCode, onCancel }: { of: Shape<"Enrolment">; onCode: (code: string) => Promise<void>; onCancel: () => void }) {
  const t = useT("account");
  return (
    <div className="enrolment">
      {/* Black on white in both themes: cameras read nothing else as well. */}
      <QRCode type="svg" aria-label={t("qr")} value={of.uri} size={176} color="#000000" bgColor="#ffffff" />
      <div>
        <p className="quiet">{t("scan")}</p>
        <p className="secret">{t("secret")} <code>{of.secret.replace(/(.{4})(?=.)/g, "$1 ")}</code></p>
        <CodeForm label={t("enter_code")} action={t("confirm")} onCode={onCode} onCancel={onCancel} />
      </div>
    </div>
  );
}
