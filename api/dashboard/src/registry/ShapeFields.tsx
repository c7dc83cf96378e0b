import { Button, InputNumber, Segmented } from "antd";
import { useT } from "../i18n";
import { PointTable } from "./PointTable";
import type { useShape } from "./useShape";

/** A polygon's corners or a circle's middle and radius, as numbers beside the map. */
export function ShapeFields({ drawing, mayWrite }: { drawing: ReturnType<typeof useShape>; mayWrite: boolean }) {
  const t = useT("registry");
  const { shape, setShape, points, setPoints, middle, setMiddle, radius, setRadius, circle } = drawing;
  return (
    <>
      <div className="wide shape">
        <Segmented
          value={shape}
          disabled={!mayWrite}
          onChange={(next) => setShape(next as "polygon")}
          options={[
            { value: "polygon", label: t("polygon") },
            { value: "circle", label: t("circle") },
          ]}
        />
        {circle && (
          <InputNumber min={10} max={50000} value={radius} suffix="m" aria-label={t("radius")} onChange={(next) => setRadius(next ?? 80)} />
        )}
        {!circle && mayWrite && (
          <Button size="small" disabled={points.length === 0} onClick={() => setPoints(points.slice(0, -1))}>
            {t("undo_point")}
          </Button>
        )}
      </div>
      <div className="wide">
        <PointTable
          points={circle ? (middle ? [middle] : []) : points}
          editable={mayWrite}
          onChange={(next) => (circle ? setMiddle(next[0] ?? null) : setPoints(next))}
          single={circle}
        />
      </div>
    </>
  );
}
