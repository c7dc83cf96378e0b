import { ExpandOutlined, MinusOutlined, PlusOutlined } from "@ant-design/icons";
import { useEffect, useState, type ReactNode, type RefObject } from "react";
import { useT } from "../i18n";
import { readCounties } from "./counties";

/** The box of a map with our own buttons and attribution: those of the library need pictures that the policy refuses. */
export function MapFrame({ box, onZoom, onWhole, children }: {
  box: RefObject<HTMLDivElement | null>; onZoom: (step: number) => void; onWhole: () => void; children?: ReactNode;
}) {
  const t = useT("map");
  const [source, setSource] = useState("");
  useEffect(() => {
    void readCounties().then((found) => setSource(found.attribution), () => undefined);
  }, []);
  return (
    <div className="mapbox">
      <div className="gl" ref={box} role="region" aria-label={t("region")} />
      <div className="ctl">
        <button type="button" aria-label={t("zoom_in")} title={t("zoom_in")} onClick={() => onZoom(1)}><PlusOutlined /></button>
        <button type="button" aria-label={t("zoom_out")} title={t("zoom_out")} onClick={() => onZoom(-1)}><MinusOutlined /></button>
        <button type="button" aria-label={t("whole")} title={t("whole")} onClick={onWhole}><ExpandOutlined /></button>
      </div>
      {children}
      <div className="attr">{source && `${t("attribution", { source })} · `}{t("own_roads")}</div>
    </div>
  );
}
