import { useCallback, useMemo } from "react";
import { useGet } from "../api/queries";
import { useLang, useT, useWord, type Key } from "../i18n";
import { serverNow } from "../live/useStream";
import { Read } from "../ui/states";
import { flag, oneOf, text, useUrlState, whole } from "../url/useUrlState";
import { type Definition, type Group, type Statistic } from "./figures";
import { Behind } from "./Behind";
import { GroupChart } from "./GroupChart";
import { DIMENSIONS, nameOf, opened, type Dimension } from "./groups";
import { GroupTable } from "./GroupTable";
import { StatisticFilters, type Asked } from "./StatisticFilters";
import { Total } from "./Total";
import { useCounties } from "../map/useCounties";
import { periodOf } from "./usePeriod";

const ADDRESS = {
  from: text(),
  to: text(),
  by: oneOf(["", ...DIMENSIONS], ""),
  division: whole(),
  organ: whole(),
  use: text(),
  management: text(),
  energy: text(),
  compare: flag(),
};
/** More bars than this say nothing. */
const MOST_BARS = 24;

/** One statistic: the question in the address, the figure, its groups, and the vehicles behind it. */
export function StatisticView({ definition }: { definition: Definition }) {
  const [address, setAddress] = useUrlState(ADDRESS);
  const t = useT("statistics");
  const lang = useLang();
  const word = useWord();
  const { name: county } = useCounties();
  const period = periodOf(address.from, address.to, serverNow());
  const knows = (dimension: string) => definition.group_by.includes(dimension as never);
  const by = address.by !== "" && knows(address.by) ? address.by : "";
  const filters = useMemo(
    () =>
      Object.fromEntries(
        (["division", "organ", "use", "management", "energy"] as const)
          .filter((one) => address[one] && knows(one))
          .map((one) => [one, address[one]]),
      ),
    [address, definition],
  );
  const question = { from: period.from, to: period.to, ...filters };
  const query = { ...question, ...(by ? { group_by: [by] } : {}), year_on_year: address.compare };
  const found = useGet("/api/v1/statistics/{statistic}", { params: { path: { statistic: definition.slug }, query: query as object } });
  const title = lang === "zh" ? definition.title_zh : definition.title_en;
  const change = (next: object) => setAddress(next, { push: true });
  const name = useCallback((row: Group) => nameOf(row, by as Dimension, county, word), [by, county, word]);
  const open = useCallback((row: Group) => setAddress(opened(row, by as Dimension) as object, { push: true }), [by, setAddress]);
  const asked: Asked = { ...period, by, division: address.division, organ: address.organ, compare: address.compare };
  const others = (["use", "management", "energy"] as const).filter((one) => address[one]).map((one) => word(one, address[one]));
  return (
    <>
      <StatisticFilters
        definition={definition}
        asked={asked}
        onChange={change}
        others={others}
        onClear={() => change({ division: null, organ: null, use: "", management: "", energy: "" })}
        sheets={[{ title, address: `/api/v1/statistics/${definition.slug}`, query }]}
      />
      <div className="statistic-body">
        <h2>{title}</h2>
        <Read of={{ ...found, data: found.data as Statistic | undefined }} rows={10}>
          {(answer: Statistic) => (
            <>
              <Total definition={definition} answer={answer} compare={address.compare} />
              {by !== "" && answer.items.length > 1 && answer.items.length <= MOST_BARS && (
                <GroupChart definition={definition} items={answer.items} name={name} by={by} compare={address.compare} />
              )}
              {by !== "" && (
                <div className="board-table">
                  <GroupTable
                    caption={`${title} · ${t(`by_${by}` as Key<"statistics">)}`}
                    first={t(`by_${by}` as Key<"statistics">)}
                    definition={definition}
                    rows={answer.items}
                    name={name}
                    compare={address.compare}
                    onOpen={open}
                    state={found}
                  />
                </div>
              )}
              {by === "" && knows("organ") && !["orders_served", "message_accounting"].includes(definition.slug) && (
                <Behind definition={definition} question={question} period={period} />
              )}
            </>
          )}
        </Read>
      </div>
    </>
  );
}
