import { NavLink, Navigate, useParams } from "react-router";
import "../theme/account.css";
import { Mine } from "../account/Mine";
import { People } from "../account/People";
import { useT } from "../i18n";
import { useSession } from "../session/session";

/** One's own account, and for administrators everybody's. */
export default function AccountPage() {
  const t = useT("account");
  const { me, may } = useSession();
  const [tab = "", raw = ""] = (useParams()["*"] ?? "").split("/");
  const administers = may("manage_accounts") && !me.must_enrol;
  if (tab !== "" && !(tab === "people" && administers)) return <Navigate to="/account" replace />;
  return (
    <div className="account-page">
      <header className="account-tabs">
        <h1>{t("title")}</h1>
        {administers && (
          <nav aria-label={t("title")}>
            <NavLink to="/account" end>{t("who")}</NavLink>
            <NavLink to="/account/people">{t("people")}</NavLink>
          </nav>
        )}
      </header>
      {tab === "people" ? <People id={/^\d{1,9}$/.test(raw) ? Number(raw) : null} /> : <div className="page"><Mine /></div>}
    </div>
  );
}
