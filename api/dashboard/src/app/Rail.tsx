import { NavLink } from "react-router";
import icon from "../icon.svg";
import { useT } from "../i18n";
import { useSession } from "../session/session";
import { PAGES, type Entry } from "./routes";

/** The pages this person may use. */
export function Rail() {
  const { may } = useSession();
  const t = useT("shell");
  const shown = PAGES.filter((page): page is Entry & Required<Pick<Entry, "rail">> => page.rail !== undefined && may(page.right));
  const link = ({ path, rail }: (typeof shown)[number]) => (
    <NavLink key={path} to={path} title={`g ${rail.key}`}>
      {rail.icon}
      {t(rail.word)}
    </NavLink>
  );
  return (
    <nav className="rail" aria-label={t("navigation")}>
      <NavLink className="mark" to="/map" aria-label={t("product")}><img src={icon} alt="" width={28} height={28} /></NavLink>
      {shown.filter(({ rail }) => !rail.foot).map(link)}
      <span className="gap" />
      {shown.filter(({ rail }) => rail.foot).map(link)}
    </nav>
  );
}
