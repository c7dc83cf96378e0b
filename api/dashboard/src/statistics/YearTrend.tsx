import { useMemo } from "react";
import { Chart } from "../charts/Chart";
import { number } from "../format/number";
import { useT } from "../i18n";
import type { Board } from "./figures";
import { Panel } from "../ui/Panel";

/** The new-energy share of what was registered in each year. */
export function YearTrend({ years }: { years: Board["by_purchase_year"] }) {
  const t = useT("statistics");
  const shown = useMemo(
    () => ({
      axis: { labels: years.map((one) => String(one.year)) },
      series: [{ name: t("share"), values: years.map((one) => one.value) }],
      text: years.map((one) => `${one.year} ${one.value === null ? "—" : `${number(one.value, 1)} %`}`).join(", "),
    }),
    [years, t],
  );
  return (
    <Panel title={t("purchase_years")} note={t("share_note")}>
      <Chart kind="bar" axis={shown.axis} series={shown.series} unit="%" label={t("purchase_years_label", { text: shown.text })} />
    </Panel>
  );
}
