import { theme, type ThemeConfig } from "antd";

export type Theme = "light" | "dark";

/** `system-ui` before the Chinese fonts would give wide figures on Linux. */
export const FONT =
  '"Segoe UI","PingFang SC","Microsoft YaHei UI","Microsoft YaHei","Noto Sans CJK SC","Source Han Sans SC",system-ui,sans-serif';

const SHAPE = {
  borderRadius: 4,
  borderRadiusLG: 6,
  borderRadiusSM: 3,
  fontSize: 14,
  fontSizeSM: 12,
  fontFamily: FONT,
  controlHeight: 32,
  controlHeightSM: 26,
  motion: false,
};

const COMPONENTS: NonNullable<ThemeConfig["components"]> = {
  Tabs: { horizontalItemPadding: "10px 0", horizontalItemGutter: 20, titleFontSize: 14 },
  Table: { cellPaddingBlockSM: 7, cellPaddingInlineSM: 10, cellFontSizeSM: 13, headerBorderRadius: 0 },
};

export const lightConfig: ThemeConfig = {
  hashed: false,
  cssVar: { key: "fleet-light" },
  token: {
    ...SHAPE,
    colorPrimary: "#0b5f63",
    colorInfo: "#0b5f63",
    colorLink: "#0b5f63",
    colorLinkHover: "#094c4f",
    colorText: "#17222b",
    colorTextSecondary: "#4a5863",
    colorTextTertiary: "#5f6c77",
    colorTextDescription: "#5f6c77",
    colorTextDisabled: "#65727d",
    colorTextPlaceholder: "#65727d",
    colorBorder: "#7d8a94",
    colorBorderSecondary: "#e1e6ea",
    colorBgLayout: "#eef1f4",
    colorError: "#b8241a",
    colorWarning: "#7d5200",
    colorSuccess: "#4a5863",
    controlItemBgActive: "#e2f0ef",
  },
  components: { ...COMPONENTS, Segmented: { trackBg: "#e4e9ed" } },
};

export const darkConfig: ThemeConfig = {
  hashed: false,
  cssVar: { key: "fleet-dark" },
  algorithm: theme.darkAlgorithm,
  token: {
    ...SHAPE,
    colorPrimary: "#54bdb8",
    colorInfo: "#54bdb8",
    colorLink: "#54bdb8",
    colorLinkHover: "#7ad0cb",
    colorBgBase: "#151f26",
    colorTextBase: "#e6edf2",
    colorBgContainer: "#1a262e",
    colorBgElevated: "#1f2c35",
    colorBgLayout: "#0e151a",
    colorBorder: "#6b7d88",
    colorBorderSecondary: "#26343d",
    colorText: "#e6edf2",
    colorTextSecondary: "#b0bec8",
    colorTextTertiary: "#93a3ae",
    colorTextDescription: "#93a3ae",
    colorTextDisabled: "#93a3ae",
    colorTextPlaceholder: "#93a3ae",
    colorPrimaryText: "#54bdb8",
    colorTextLightSolid: "#0e151a",
    colorError: "#ff8073",
    colorWarning: "#ffc83d",
    colorSuccess: "#b0bec8",
    controlItemBgActive: "#12373a",
  },
  components: { ...COMPONENTS, Segmented: { trackBg: "#26343d" } },
};
