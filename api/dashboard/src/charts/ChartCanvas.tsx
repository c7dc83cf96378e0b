import { useEffect, useRef } from "react";
import { init } from "./echarts";
import type { Axis, ChartProps, Series } from "./Chart";

/** Loaded only with the first chart: the library is larger than the rest of the page. */
export default function ChartCanvas({ kind, axis, series, label, unit, most, onPick }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!box.current) return;
    const chart = init(box.current, undefined, { renderer: "canvas" });
    const draw = () => chart.setOption(options(kind, axis, series, unit, most), true);
    draw();
    if (onPick) chart.on("click", (event) => onPick(event.dataIndex ?? 0));
    const size = new ResizeObserver(() => chart.resize());
    size.observe(box.current);
    const theme = new MutationObserver(draw);
    theme.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    return () => {
      size.disconnect();
      theme.disconnect();
      chart.dispose();
    };
  }, [kind, axis, series, unit, most, onPick]);
  return <div className="chart" ref={box} role="img" aria-label={label} />;
}

const COLOURS = ["--brand", "--chart-2", "--chart-3", "--ink-3"];

function options(kind: ChartProps["kind"], axis: Axis, series: readonly Series[], unit?: string, most?: number) {
  const styles = getComputedStyle(document.documentElement);
  const token = (name: string) => styles.getPropertyValue(name).trim();
  const small = { color: token("--ink-3"), fontSize: 12 };
  const line = { lineStyle: { color: token("--line-strong") } };
  return {
    animation: false,
    aria: { enabled: true },
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    grid: { left: 48, right: 12, top: unit ? 26 : 10, bottom: 24 },
    // The usual tooltip writes markup, which the page's policy refuses.
    tooltip: {
      trigger: "axis", renderMode: "richText", backgroundColor: token("--surface"), borderColor: token("--line-strong"),
      textStyle: { color: token("--ink"), fontSize: 12 },
    },
    xAxis: {
      type: "category", boundaryGap: kind === "bar", data: [...axis.labels], axisTick: { show: false }, axisLine: line,
      axisLabel: { ...small, ...(axis.every === undefined ? {} : { interval: axis.every - 1 }) },
    },
    yAxis: { type: "value", max: most, name: unit, nameTextStyle: { ...small, align: "left" }, splitNumber: 3, axisLabel: small,
      splitLine: { lineStyle: { color: token("--line") } } },
    series: series.map((one, index) => {
      const colour = token(one.dashed ? "--ink-3" : (COLOURS[index] ?? "--ink-3"));
      return {
        name: one.name, type: kind, data: [...one.values], symbol: "none", itemStyle: { color: colour }, stack: one.stack,
        barMaxWidth: 28, connectNulls: false,
        lineStyle: { width: one.dashed ? 1.5 : 2, type: one.dashed ? "dashed" : "solid", color: colour },
        ...(index === 0 && kind === "line" && !one.dashed ? { areaStyle: { color: colour, opacity: 0.08 } } : {}),
      };
    }),
  };
}
