import { FileTextOutlined } from "@ant-design/icons";
import { Button, Segmented, Select } from "antd";
import { useMemo } from "react";
import { useGet } from "../api/queries";
import { useLang, useT, type Lang } from "../i18n";
import { serverNow } from "../live/useStream";
import { isoDay } from "../format/time";
import { Filters } from "../ui/Filters";
import { Read } from "../ui/states";
import { oneOf, useUrlState, whole } from "../url/useUrlState";
import { BoardFigure } from "./BoardFigure";
import { BoardTable, type BoardRow } from "./BoardTable";
import { ExportMenu } from "./ExportMenu";
import type { Definition, ShareName } from "./figures";
import { OrganTreeField } from "../ui/OrganTreeField";
import { useCounties } from "../map/useCounties";
import { WhatIf } from "./WhatIf";
import { YearTrend } from "./YearTrend";

const ADDRESS = { year: whole(), organ: whole(), by: oneOf(["division", "organ"], "division"), replace: whole() };
const FIGURES: readonly ShareName[] = ["purchases", "communications", "stock", "distance", "energy"];
const slug = (name: ShareName) => `nev_share_${name === "communications" ? "purchases" : name}`;

/** The last month that is over, as one page to be printed. */
const report = (organ: number | null, lang: Lang) => `/api/v1/reports/monthly?lang=${lang}${organ === null ? "" : `&organ=${organ}`}`;

/** New-energy quotas: the shares, who lies apart, the trend, and what replacing vehicles would change. */
export function Board({ definitions }: { definitions: readonly Definition[] }) {
  const [address, setAddress] = useUrlState(ADDRESS);
  const t = useT("statistics");
  const lang = useLang();
  const { name } = useCounties();
  const thisYear = Number(isoDay(serverNow()).slice(0, 4));
  const year = address.year ?? thisYear;
  const query = { year, ...(address.organ ? { organ: address.organ } : {}) };
  const found = useGet("/api/v1/nev-board", { params: { query } });
  const board = found.data;
  const rows = useMemo<BoardRow[]>(() => {
    if (!board) return [];
    const span = `from=${board.year}-01-01&to=${board.to}`;
    return address.by === "division"
      ? board.counties.map((one) => ({
          ...one,
          key: one.division,
          name: name(one.division),
          to: `/statistics/nev_share_stock?${span}&by=organ&division=${one.division}`,
        }))
      : board.organs.map((one) => ({
          ...one,
          key: one.organ.id,
          name: one.organ.name,
          to: `/statistics/nev_share_stock?${span}&organ=${one.organ.id}`,
        }));
  }, [board, address.by, name]);
  const sheets = FIGURES.filter((one) => one !== "communications").map((one) => ({
    title: t(one),
    address: `/api/v1/statistics/${slug(one)}`,
    query: { from: `${year}-01-01`, to: board?.to, group_by: address.by, organ: address.organ },
  }));
  return (
    <>
      <Filters active={address.organ !== null} onClear={() => setAddress({ organ: null })} note={board && t("as_of", { day: board.to })}>
        <Select
          aria-label={t("year")}
          value={year}
          onChange={(chosen: number) => setAddress({ year: chosen === thisYear ? null : chosen }, { push: true })}
          options={Array.from({ length: 10 }, (_, index) => ({ value: thisYear - index, label: String(thisYear - index) }))}
        />
        <OrganTreeField label={t("organ")} value={address.organ} onChange={(organ) => setAddress({ organ }, { push: true })} />
        <Segmented
          aria-label={t("group_by")}
          value={address.by}
          onChange={(by: "division" | "organ") => setAddress({ by }, { push: true })}
          options={[
            { value: "division", label: t("by_division") },
            { value: "organ", label: t("by_organ") },
          ]}
        />
        <ExportMenu sheets={sheets} />
        <Button icon={<FileTextOutlined />} href={report(address.organ, lang)} target="_blank" rel="noopener">
          {t("report")}
        </Button>
      </Filters>
      <div className="statistic-body">
        <Read of={found} rows={12}>
          {(shown) => (
            <>
              <dl className="board-figures">
                {FIGURES.map((one) => (
                  <BoardFigure key={one} name={one} of={shown[one]} definition={definitions.find((each) => each.slug === slug(one))} />
                ))}
              </dl>
              <div className="board-table">
                <BoardTable
                  caption={t(address.by === "division" ? "board_counties" : "board_organs")}
                  first={t(address.by === "division" ? "name_division" : "name_organ")}
                  rows={rows}
                  quota={shown.purchases.target.value}
                  state={found}
                />
              </div>
              <div className="board-two">
                <YearTrend years={shown.by_purchase_year} />
                <WhatIf division={null} organ={address.organ} count={address.replace ?? 12} onCount={(replace) => setAddress({ replace })} />
              </div>
            </>
          )}
        </Read>
      </div>
    </>
  );
}
