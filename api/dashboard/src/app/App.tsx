import { QueryClientProvider } from "@tanstack/react-query";
import { App as Antd, ConfigProvider } from "antd";
import enUS from "antd/locale/en_US";
import zhCN from "antd/locale/zh_CN";
import dayjs from "dayjs";
import "dayjs/locale/zh-cn";
import { useEffect } from "react";
import { createBrowserRouter, Navigate, RouterProvider } from "react-router";
import { queryClient } from "../api/queries";
import { LangContext } from "../i18n";
import { nonce } from "../security";
import { darkConfig, lightConfig } from "../theme/tokens";
import { ThemeContext } from "../theme/useTheme";
import { Broken } from "./Broken";
import { LogInPage } from "./LogInPage";
import { NotFound } from "./NotFound";
import { Page } from "./Page";
import { useLangChoice, useThemeChoice } from "./preferences";
import { PAGES } from "./routes";
import { Shell } from "./Shell";

const router = createBrowserRouter([
  { path: "/login", element: <LogInPage />, errorElement: <Broken /> },
  {
    element: <Shell />,
    errorElement: <Broken />,
    children: [
      { index: true, element: <Navigate to="/map" replace /> },
      ...PAGES.map((entry) => ({ path: `${entry.path}/*`, element: <Page entry={entry} />, errorElement: <Broken /> })),
      { path: "*", element: <NotFound /> },
    ],
  },
]);

/** Theme, language and data around the pages. */
export function App() {
  const [theme] = useThemeChoice();
  const [lang] = useLangChoice();
  useEffect(() => {
    document.documentElement.dataset["theme"] = theme;
    document.documentElement.lang = lang === "zh" ? "zh-CN" : "en";
    dayjs.locale(lang === "zh" ? "zh-cn" : "en");
  }, [theme, lang]);
  document.documentElement.dataset["theme"] = theme;
  const config = theme === "dark" ? darkConfig : lightConfig;
  return (
    <ConfigProvider
      locale={lang === "zh" ? zhCN : enUS} button={{ autoInsertSpace: false }}
      theme={{ ...config, zeroRuntime: true }} {...(nonce ? { csp: { nonce } } : {})}
    >
      <Antd component={false}>
        <ThemeContext value={theme}>
          <LangContext value={lang}>
            <QueryClientProvider client={queryClient}>
              <RouterProvider router={router} useTransitions={false} />
            </QueryClientProvider>
          </LangContext>
        </ThemeContext>
      </Antd>
    </ConfigProvider>
  );
}
