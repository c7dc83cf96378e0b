import { Checkbox, DatePicker, Select } from "antd";
import { useT, type Key } from "../i18n";
import { serverNow } from "../live/useStream";
import { Filters } from "../ui/Filters";
import { ExportMenu, type Sheet } from "./ExportMenu";
import type { Definition } from "./figures";
import type { Dimension } from "./groups";
import { OrganTreeField } from "../ui/OrganTreeField";
import { CITY, useCounties } from "../map/useCounties";
import { asDays, asText, presets } from "./usePeriod";

export interface Asked {
  from: string;
  to: string;
  by: Dimension | "";
  division: number | null;
  organ: number | null;
  compare: boolean;
}

/** The question: period, groups, county, organ, and whether beside the year before. */
export function StatisticFilters({
  definition,
  asked,
  onChange,
  sheets,
  others,
  onClear,
}: {
  definition: Definition;
  asked: Asked;
  onChange: (change: Partial<Asked>) => void;
  sheets: readonly Sheet[];
  /** Filters that came from opening a group, in words. */
  others: readonly string[];
  onClear: () => void;
}) {
  const t = useT("statistics");
  const { counties, name } = useCounties();
  const knows = (dimension: string) => definition.group_by.includes(dimension as never);
  const active = asked.division !== null || asked.organ !== null || others.length > 0;
  return (
    <Filters active={active} onClear={onClear} note={others.join(" · ")}>
      <DatePicker.RangePicker
        aria-label={t("from_to")}
        value={asDays(asked)}
        allowClear={false}
        className="period"
        presets={presets(serverNow()).map(({ key, days }) => ({ label: t(key), value: days }))}
        onChange={(days) => days?.[0] && days[1] && onChange(asText([days[0], days[1]]))}
      />
      <Select
        aria-label={t("group_by")}
        value={asked.by}
        onChange={(by: Dimension | "") => onChange({ by })}
        options={[
          { value: "", label: t("by_none") },
          ...definition.group_by.filter((one) => one !== "vehicle").map((one) => ({ value: one, label: t(`by_${one}` as Key<"statistics">) })),
        ]}
      />
      {knows("division") && (
        <Select
          aria-label={t("county")}
          value={asked.division}
          placeholder={t("county")}
          allowClear
          onChange={(code?: number) => onChange({ division: code ?? null })}
          options={[{ value: CITY, label: name(CITY) }, ...counties.map((one) => ({ value: one.code, label: name(one.code) }))]}
        />
      )}
      {knows("organ") && <OrganTreeField label={t("organ")} value={asked.organ} onChange={(organ) => onChange({ organ })} />}
      <Checkbox checked={asked.compare} onChange={(event) => onChange({ compare: event.target.checked })}>
        {t("compare")}
      </Checkbox>
      <ExportMenu sheets={sheets} />
    </Filters>
  );
}
