import { Link } from "react-router";
import { useT } from "../i18n";

export function NotFound() {
  const t = useT("shell");
  return (
    <div className="notice">
      <h1>{t("not_found")}</h1>
      <p>{t("not_found_text")}</p>
      <Link to="/map">{t("back_home")}</Link>
    </div>
  );
}
