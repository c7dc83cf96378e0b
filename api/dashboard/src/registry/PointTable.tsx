import { DeleteOutlined } from "@ant-design/icons";
import { Button, InputNumber } from "antd";
import { useT } from "../i18n";
import type { Point } from "../map/shapes";

/** The corners as a table: the same as on the map, for the keyboard and for figures from a survey. */
export function PointTable({
  points,
  editable,
  single,
  onChange,
}: {
  points: readonly Point[];
  editable: boolean;
  single: boolean;
  onChange: (points: Point[]) => void;
}) {
  const t = useT("registry");
  const set = (index: number, change: Partial<Point>) => onChange(points.map((one, at) => (at === index ? { ...one, ...change } : one)));
  return (
    <table className="points">
      <caption>{t(single ? "middle" : "corners", { n: points.length })}</caption>
      <thead>
        <tr>
          <th scope="col">#</th>
          <th scope="col">{t("lat")}</th>
          <th scope="col">{t("lon")}</th>
          <th />
        </tr>
      </thead>
      <tbody>
        {points.map((one, index) => (
          <tr key={index}>
            <td>{index + 1}</td>
            <td>
              <InputNumber
                size="small"
                disabled={!editable}
                min={18}
                max={54}
                step={0.0001}
                value={one.lat}
                aria-label={`${t("lat")} ${index + 1}`}
                onChange={(lat) => lat !== null && set(index, { lat })}
              />
            </td>
            <td>
              <InputNumber
                size="small"
                disabled={!editable}
                min={73}
                max={136}
                step={0.0001}
                value={one.lon}
                aria-label={`${t("lon")} ${index + 1}`}
                onChange={(lon) => lon !== null && set(index, { lon })}
              />
            </td>
            <td>
              {editable && !single && (
                <Button
                  size="small"
                  type="text"
                  icon={<DeleteOutlined />}
                  aria-label={t("remove_corner", { n: index + 1 })}
                  onClick={() => onChange(points.filter((_, at) => at !== index))}
                />
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
