import { Button, Dropdown, Tooltip } from "antd";
import { BulbOutlined, KeyOutlined, LogoutOutlined, QuestionCircleOutlined } from "@ant-design/icons";
import { useNavigate } from "react-router";
import { clockS } from "../format/time";
import { useT, useWord } from "../i18n";
import { serverNow, useLive } from "../live/useStream";
import { useSession } from "../session/session";
import { useLangChoice, useThemeChoice } from "./preferences";
import { Search } from "./Search";
import { Coupled, OwnWindow } from "./WindowButtons";

export function TopBar({ onHelp }: { onHelp: () => void }) {
  const { me, leave } = useSession();
  const [theme, setTheme] = useThemeChoice();
  const [lang, setLang] = useLangChoice();
  const navigate = useNavigate();
  const t = useT("shell");
  const word = useWord();
  const role = word("role", me.role);
  const items = [
    { key: "account", icon: <KeyOutlined />, label: t("my_account"), onClick: () => void navigate("/account") },
    { key: "help", icon: <QuestionCircleOutlined />, label: t("shortcuts"), onClick: onHelp },
    { type: "divider" as const },
    { key: "leave", icon: <LogoutOutlined />, label: t("sign_out"), onClick: leave },
  ];
  return (
    <header className="top">
      <span className="brand">{t("product")}<small>{t("city")}</small></span>
      <Search />
      <span className="push" />
      <LiveClock />
      <Coupled />
      <OwnWindow />
      <Button size="small" type="text" className="language" onClick={() => setLang(lang === "zh" ? "en" : "zh")}>{t("language")}</Button>
      <Tooltip title={t("theme")}>
        <Button size="small" type="text" icon={<BulbOutlined />} aria-label={t("theme")} aria-pressed={theme === "dark"}
          onClick={() => setTheme(theme === "dark" ? "light" : "dark")} />
      </Tooltip>
      <Dropdown trigger={["click"]} menu={{ items }}>
        <button type="button" className="who"><b aria-hidden>{role.slice(0, 1)}</b><span>{role}</span></button>
      </Dropdown>
    </header>
  );
}

/** How fresh the page is, and the server's time. */
function LiveClock() {
  const { link } = useLive();
  const t = useT("shell");
  return (
    <span className={`live ${link}`}>
      <i aria-hidden />
      <span role="status">{t(link)}</span>
      <time>{link === "connecting" ? "--:--:--" : clockS(serverNow())}</time>
    </span>
  );
}
