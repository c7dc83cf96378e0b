import { Button } from "antd";
import { save } from "../api/download";
import { useT } from "../i18n";

/** Shown once: each works once in place of the telephone. */
export function RecoveryCodes({ codes, onKept }: { codes: readonly string[]; onKept: () => void }) {
  const t = useT("account");
  return (
    <section className="recovery" aria-label={t("codes_title")}>
      <h4>{t("codes_title")}</h4>
      <p className="quiet">{t("codes_text")}</p>
      <ol>{codes.map((code) => <li key={code}><code>{code}</code></li>)}</ol>
      <div className="buttons">
        <Button onClick={() => save(new Blob([`${codes.join("\n")}\n`]), "recovery-codes.txt")}>{t("save_codes")}</Button>
        <Button type="primary" onClick={onKept}>{t("codes_kept")}</Button>
      </div>
    </section>
  );
}
