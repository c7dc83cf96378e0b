import { useMemo } from "react";
import { Chart } from "../charts/Chart";
import { useLang, useT, type Key } from "../i18n";
import { Panel } from "../ui/Panel";
import { figure, type Definition, type Group } from "./figures";
import type { Dimension } from "./groups";

/** The groups as bars from zero, months as a line; what it shows is said in words too. */
export function GroupChart({
  definition,
  items,
  name,
  by,
  compare,
}: {
  definition: Definition;
  items: readonly Group[];
  name: (row: Group) => string;
  by: Dimension;
  compare: boolean;
}) {
  const t = useT("statistics");
  const lang = useLang();
  const title = lang === "zh" ? definition.title_zh : definition.title_en;
  const shown = useMemo(
    () => ({
      axis: { labels: items.map(name) },
      series: [
        { name: title, values: items.map((one) => one.value) },
        ...(compare ? [{ name: t("before"), values: items.map((one) => one.previous?.value ?? null), dashed: true }] : []),
      ],
      text: items.map((one) => `${name(one)} ${figure(one.value, definition.unit, definition.decimals)}`).join(", "),
    }),
    [items, name, title, compare, t, definition],
  );
  const label = t("chart_label", { title, group: t(`by_${by}` as Key<"statistics">), text: shown.text });
  return (
    <Panel title={title} note={definition.unit}>
      <Chart
        kind={by === "month" ? "line" : "bar"} axis={shown.axis} series={shown.series} label={label}
        {...(definition.unit === "%" && items.every((one) => (one.value ?? 0) <= 100) ? { most: 100 } : {})}
      />
    </Panel>
  );
}
