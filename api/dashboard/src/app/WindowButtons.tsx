import { BlockOutlined, DisconnectOutlined, LinkOutlined } from "@ant-design/icons";
import { Button, Tooltip } from "antd";
import { use, useCallback, useSyncExternalStore } from "react";
import { useT } from "../i18n";
import { WindowsContext } from "../live/useWindows";

const NONE = () => () => undefined;

/** Whether this window follows the others; only where there are others. */
export function Coupled() {
  const windows = use(WindowsContext);
  const t = useT("shell");
  const state = useSyncExternalStore(
    windows?.watch ?? NONE,
    useCallback(() => (!windows || windows.count() === 0 ? "alone" : windows.coupled ? "coupled" : "uncoupled"), [windows]),
  );
  if (state === "alone") return null;
  return (
    <Tooltip title={t(state)}>
      <Button size="small" type="text" icon={state === "coupled" ? <LinkOutlined /> : <DisconnectOutlined />} aria-label={t("coupled")}
        aria-pressed={state === "coupled"} className="coupling" onClick={() => windows?.couple(state !== "coupled")} />
    </Tooltip>
  );
}

/** The page as it stands in a window of its own, without rail and top bar: for a second screen. */
export function OwnWindow() {
  const t = useT("shell");
  const open = () => {
    const url = new URL(location.href);
    url.searchParams.set("frame", "bare");
    window.open(url, "_blank", "popup,noopener");
  };
  return (
    <Tooltip title={t("window")}>
      <Button size="small" type="text" icon={<BlockOutlined />} aria-label={t("window")} className="own-window" onClick={open} />
    </Tooltip>
  );
}
