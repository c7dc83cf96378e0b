import { extractStyle } from "@ant-design/static-style-extract";
import { ConfigProvider, type ThemeConfig } from "antd";
import { createElement } from "react";
import { darkConfig, lightConfig } from "../src/theme/tokens";

/** What the pages use. A component that is missing here is drawn without its styles: add it. */
const INCLUDES = [
  "Alert", "App", "AutoComplete", "Badge", "Breadcrumb", "Button", "Card", "Checkbox", "Collapse", "DatePicker", "Descriptions",
  "Divider", "Drawer", "Dropdown", "Empty", "Flex", "Form", "Input", "InputNumber", "Menu", "Modal", "Pagination", "Popconfirm",
  "Popover", "Progress", "QRCode", "Radio", "Result", "Segmented", "Select", "Skeleton", "Slider", "Space", "Spin", "Statistic",
  "Steps", "Switch", "Table", "Tabs", "Tag", "TimePicker", "Timeline", "Tooltip", "Tree", "TreeSelect", "Typography", "Upload",
  "message", "notification",
];

const extract = (theme: ThemeConfig) =>
  extractStyle({ includes: INCLUDES, customTheme: (node: React.ReactNode) => createElement(ConfigProvider, { theme }, node) });

/** All styles in light, and the dark theme's variables under their own class. */
export function css(): string {
  const variables = [...extract(darkConfig).matchAll(/[^{}]*\.fleet-dark[^{}]*\{[^{}]*\}/g)].map((found) => found[0]);
  return extract(lightConfig) + variables.join("");
}
