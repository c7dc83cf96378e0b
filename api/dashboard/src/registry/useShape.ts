import { useMemo, useState } from "react";
import { useT } from "../i18n";
import type { Mark } from "../map/placeMarks";
import { circleRing, ringOf, type Point } from "../map/shapes";
import type { Area } from "./AreaEditor";

const rounded = ({ lat, lon }: Point): Point => ({ lat: Number(lat.toFixed(6)), lon: Number(lon.toFixed(6)) });

/** The border that is drawn: corners of a polygon, or the middle and radius of a circle, as marks and rings of the map. */
export function useShape(area: Area | null, mayWrite: boolean) {
  const t = useT("registry");
  const [shape, setShape] = useState<"polygon" | "circle">(area?.circle ? "circle" : "polygon");
  const [points, setPoints] = useState<Point[]>(area?.polygon ?? []);
  const [middle, setMiddle] = useState<Point | null>(area?.circle ?? null);
  const [radius, setRadius] = useState(area?.circle?.radius_m ?? 80);
  const circle = shape === "circle";
  const marks = useMemo<Mark[]>(() => {
    const moved = (index: number) => (to: Point) => setPoints((now) => now.map((one, at) => (at === index ? rounded(to) : one)));
    if (circle)
      return middle
        ? [
            {
              key: "m",
              ...middle,
              label: "",
              title: t("middle"),
              look: "corner",
              ...(mayWrite ? { onMoved: (to: Point) => setMiddle(rounded(to)) } : {}),
            },
          ]
        : [];
    return points.map((one, index) => ({
      key: String(index),
      ...one,
      label: String(index + 1),
      title: t("corner", { n: index + 1 }),
      look: "corner",
      ...(mayWrite ? { onMoved: moved(index) } : {}),
    }));
  }, [circle, middle, points, mayWrite, t]);
  const rings = useMemo(() => {
    const ring = circle ? (middle ? circleRing(middle, radius) : []) : ringOf(points);
    return ring.length > 1 ? [{ key: "area", ring, strong: true }] : [];
  }, [circle, middle, radius, points]);
  const add = (at: Point) => (circle ? setMiddle(rounded(at)) : setPoints((now) => [...now, rounded(at)]));
  return { shape, setShape, points, setPoints, middle, setMiddle, radius, setRadius, circle, marks, rings, add };
}
