import {
  AlertOutlined, AuditOutlined, BarChartOutlined, CarOutlined, DeploymentUnitOutlined, EnvironmentOutlined, HistoryOutlined, SettingOutlined,
} from "@ant-design/icons";
import { lazy, type ComponentType, type ReactNode } from "react";
import type { Key } from "../i18n";
import type { Right } from "../session/session";

export interface Entry {
  /** Where the page lies; everything below it belongs to it too. */
  path: string;
  page: ComponentType;
  /** What opens it: without the right it is neither in the rail nor reachable. */
  right: Right;
  /** Its entry in the rail; a page without one is reached from elsewhere. */
  rail?: { word: Key<"shell">; icon: ReactNode; key: string; foot?: boolean };
}

// The map is the larger part of its page by far: it is fetched beside it, and where it is what was asked for, before the
// page knows who asks.
const loadMap = () => {
  void import("../livemap/LiveMap").catch(() => undefined);
  return import("../pages/MapPage");
};
const MapPage = lazy(loadMap);
if (location.pathname.startsWith("/map")) void loadMap().catch(() => undefined);
const DispatchPage = lazy(() => import("../pages/DispatchPage"));
const CasesPage = lazy(() => import("../pages/CasesPage"));
const HistoryPage = lazy(() => import("../pages/HistoryPage"));
const RegistryPage = lazy(() => import("../pages/RegistryPage"));
const StatisticsPage = lazy(() => import("../pages/StatisticsPage"));
const AuditPage = lazy(() => import("../pages/AuditPage"));
const SystemPage = lazy(() => import("../pages/SystemPage"));
const AccountPage = lazy(() => import("../pages/AccountPage"));

/** Every page: one line for its file above, one entry here. The order is that of the rail. */
export const PAGES: readonly Entry[] = [
  { path: "/map", page: MapPage, right: "read_positions", rail: { word: "nav_map", icon: <EnvironmentOutlined />, key: "m" } },
  { path: "/dispatch", page: DispatchPage, right: "read_orders", rail: { word: "nav_dispatch", icon: <DeploymentUnitOutlined />, key: "d" } },
  { path: "/cases", page: CasesPage, right: "read_cases", rail: { word: "nav_cases", icon: <AlertOutlined />, key: "a" } },
  { path: "/history", page: HistoryPage, right: "read_trips", rail: { word: "nav_history", icon: <HistoryOutlined />, key: "h" } },
  { path: "/statistics", page: StatisticsPage, right: "read_statistics", rail: { word: "nav_statistics", icon: <BarChartOutlined />, key: "s" } },
  { path: "/registry", page: RegistryPage, right: "read_registry", rail: { word: "nav_registry", icon: <CarOutlined />, key: "r" } },
  { path: "/audit", page: AuditPage, right: "read_ledger", rail: { word: "nav_audit", icon: <AuditOutlined />, key: "u" } },
  { path: "/system", page: SystemPage, right: "read_system", rail: { word: "nav_system", icon: <SettingOutlined />, key: "y", foot: true } },
  { path: "/account", page: AccountPage, right: "use_account" },
];
