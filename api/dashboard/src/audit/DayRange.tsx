import { DatePicker } from "antd";
import dayjs from "dayjs";
import { useT } from "../i18n";
import { serverNow } from "../live/useStream";
import { lastDays, lastFleetDays, type Days } from "./address";

const FORM = "YYYY-MM-DD";

/** Days from and to; with `all` it can be emptied, which means all time. */
export function DayRange({ days, onChange, all, fleet }: {
  days: Days | null; onChange: (days: Days) => void; all?: boolean; fleet?: boolean;
}) {
  const t = useT("audit");
  const back = (count: number) => {
    const { from, to } = (fleet ? lastFleetDays : lastDays)(serverNow(), count);
    return [dayjs(from), dayjs(to)] as [dayjs.Dayjs, dayjs.Dayjs];
  };
  return (
    <DatePicker.RangePicker
      className="days" aria-label={t("period")} placeholder={all ? [t("all_time"), t("all_time")] : [t("from"), t("to")]} allowClear={all === true}
      value={days ? [dayjs(days.from), dayjs(days.to)] : null}
      presets={[{ label: t("today"), value: back(1) }, { label: t("days7"), value: back(7) }, { label: t("days30"), value: back(30) }]}
      onChange={(picked) => onChange({ from: picked?.[0]?.format(FORM) ?? "", to: picked?.[1]?.format(FORM) ?? "" })}
    />
  );
}
