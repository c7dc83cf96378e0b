import { useLocation } from "react-router";
import { useGet } from "../api/queries";
import { useT } from "../i18n";
import { Board } from "../statistics/Board";
import { StatisticNav } from "../statistics/StatisticNav";
import { StatisticView } from "../statistics/StatisticView";
import { Empty, Read } from "../ui/states";
import "../theme/statistics.css";

/** The board of new-energy quotas at `/statistics`, one statistic at `/statistics/{slug}`. */
export default function StatisticsPage() {
  const t = useT("statistics");
  const slug = useLocation().pathname.split("/")[2] ?? "";
  const found = useGet("/api/v1/statistics", {}, { staleTime: 600_000 });
  return (
    <div className="statistics-page">
      <h1 className="unseen">{t("title")}</h1>
      <Read of={found} rows={12}>
        {({ items }) => {
          const definition = items.find((one) => one.slug === slug);
          return (
            <>
              <StatisticNav items={items} current={slug} />
              <section className="statistic-main" aria-label={t("title")}>
                {slug === "" ? (
                  <Board definitions={items} />
                ) : definition ? (
                  <StatisticView key={slug} definition={definition} />
                ) : (
                  <Empty text={t("unknown")} />
                )}
              </section>
            </>
          );
        }}
      </Read>
    </div>
  );
}
