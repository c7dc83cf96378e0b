import { Button } from "antd";
import { useNavigate, useSearchParams } from "react-router";
import icon from "../icon.svg";
import { useT } from "../i18n";
import { LogInForm } from "../session/LogInForm";
import { useLangChoice } from "./preferences";

/** Only an address of our own: anything else leads to the first page. */
export function ownAddress(next: string | null): string {
  return next !== null && /^\/(?![/\\])/.test(next) && !next.startsWith("/login") ? next : "/";
}

export function LogInPage() {
  const [lang, setLang] = useLangChoice();
  const [params] = useSearchParams();
  const navigate = useNavigate();
  const t = useT("shell");
  return (
    <main className="log-in-page">
      <div className="box">
        <img src={icon} alt="" width={40} height={40} />
        <h1>{t("product")}</h1>
        <p className="quiet">{t("city")}</p>
        <LogInForm done={() => void navigate(ownAddress(params.get("next")), { replace: true })} />
        <Button type="text" size="small" onClick={() => setLang(lang === "zh" ? "en" : "zh")}>{t("language")}</Button>
      </div>
    </main>
  );
}
