import { Select } from "antd";
import { useNavigate, NavLink } from "react-router";
import { useLang, useT } from "../i18n";
import type { Definition } from "./figures";

/** The board and every statistic; a list beside the page, or one field where there is no room. */
export function StatisticNav({ items, current }: { items: readonly Definition[]; current: string }) {
  const t = useT("statistics");
  const lang = useLang();
  const navigate = useNavigate();
  const title = (one: Definition) => (lang === "zh" ? one.title_zh : one.title_en);
  const to = (slug: string) => (slug ? `/statistics/${slug}` : "/statistics");
  return (
    <nav className="statistic-nav" aria-label={t("all")}>
      <Select
        aria-label={t("all")}
        value={current}
        onChange={(slug: string) => void navigate(to(slug))}
        options={[{ value: "", label: t("board") }, ...items.map((one) => ({ value: one.slug, label: title(one) }))]}
      />
      <ul>
        <li>
          <NavLink end to="/statistics">
            {t("board")}
          </NavLink>
        </li>
        {items.map((one) => (
          <li key={one.slug}>
            <NavLink to={to(one.slug)}>{title(one)}</NavLink>
          </li>
        ))}
      </ul>
    </nav>
  );
}
