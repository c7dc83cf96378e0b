import { useMemo, useState } from "react";
import { Outlet, useNavigate, useSearchParams } from "react-router";
import { useT } from "../i18n";
import { LiveContext, useStream } from "../live/useStream";
import { useWindows, WindowsContext } from "../live/useWindows";
import { SessionGate } from "../session/SessionGate";
import { useSession } from "../session/session";
import { Empty } from "../ui/states";
import { useKeys } from "../ui/useKeys";
import { Banner } from "./Banner";
import { useLangChoice, useThemeChoice } from "./preferences";
import { Rail } from "./Rail";
import { PAGES } from "./routes";
import { ShortcutList } from "./ShortcutList";
import { TopBar } from "./TopBar";
import { Coupled } from "./WindowButtons";

/** Rail, top bar and the page; `?frame=bare` leaves the page alone, for a second screen. */
export function Shell() {
  const t = useT("shell");
  return (
    <SessionGate failed={(retry) => <Empty text={t("p_network")} action={t("retry")} onAction={retry} />}>
      <Frame />
    </SessionGate>
  );
}

function Frame() {
  const [params] = useSearchParams();
  const [help, setHelp] = useState(false);
  const [theme, setTheme] = useThemeChoice();
  const [lang, setLang] = useLangChoice();
  const navigate = useNavigate();
  const { may } = useSession();
  const live = useStream();
  const windows = useWindows();
  const t = useT("shell");
  const bare = params.get("frame") === "bare";
  const keys = useMemo(() => {
    const go = PAGES.flatMap(({ path, rail, right }) => (rail && may(right) ? [[`g ${rail.key}`, () => void navigate(path)] as const] : []));
    return {
      ...Object.fromEntries(go),
      "?": () => setHelp(true),
      "/": () => document.getElementById("search")?.focus(),
      t: () => setTheme(theme === "dark" ? "light" : "dark"),
      l: () => setLang(lang === "zh" ? "en" : "zh"),
      p: () => window.print(),
    };
  }, [may, navigate, theme, lang, setTheme, setLang]);
  useKeys(keys);
  return (
    <LiveContext value={live}>
     <WindowsContext value={windows}>
      <div className={bare ? "shell bare" : "shell"}>
        <a className="skip" href="#content">{t("skip")}</a>
        {!bare && <Rail />}
        {!bare && <TopBar onHelp={() => setHelp(true)} />}
        <main id="content" tabIndex={-1}>
          <Banner />
          <Outlet />
        </main>
        {bare && <div className="bare-coupling"><Coupled /></div>}
      </div>
      <ShortcutList open={help} onClose={() => setHelp(false)} />
     </WindowsContext>
    </LiveContext>
  );
}
