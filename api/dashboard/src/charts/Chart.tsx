import { lazy, Suspense } from "react";

export interface Axis {
  labels: readonly string[];
  /** Show every so many labels. */
  every?: number;
}
export interface Series {
  name: string;
  /** null = unknown, drawn as a gap. */
  values: readonly (number | null)[];
  /** The period compared with. */
  dashed?: boolean;
  stack?: string;
}
export interface ChartProps {
  kind: "line" | "bar";
  axis: Axis;
  series: readonly Series[];
  /** What the chart shows, in words: it stands for the picture. */
  label: string;
  unit?: string;
  /** Where the scale ends; else it fits the values. */
  most?: number;
  onPick?: (index: number) => void;
}

const ChartCanvas = lazy(() => import("./ChartCanvas"));

/** Lines or bars; at most four series, the compared one dashed. Hand in constants or memos: a new array draws anew. */
export function Chart(props: ChartProps) {
  return (
    <Suspense fallback={<div className="chart" />}>
      <ChartCanvas {...props} />
    </Suspense>
  );
}
