import { Button, DatePicker } from "antd";
import dayjs from "dayjs";
import { dayBegin, dayTime, parseLocal } from "../format/time";
import { useT } from "../i18n";
import { serverNow } from "../live/useStream";
import type { Period } from "./address";

const DAY_MS = 86_400_000;
/** The picker shows and takes wall times; they are read as Shanghai's, whatever the browser's zone. */
const wall = (ms: number) => dayjs(dayTime(ms));

export function PeriodPicker({ period, onChange }: { period: Period; onChange: (period: Period) => void }) {
  const t = useT("history");
  const days = (back: number, count: number) => {
    const begin = dayBegin(serverNow()) - back * DAY_MS;
    onChange({ from: begin, to: begin + count * DAY_MS });
  };
  return (
    <div className="period" title={t("day_note")}>
      <DatePicker.RangePicker showTime={{ format: "HH:mm" }} format="YYYY-MM-DD HH:mm" allowClear={false} suffixIcon={null}
        value={[wall(period.from), wall(period.to)]}
        aria-label={t("period")} placeholder={[t("from"), t("to")]} style={{ width: "100%" }}
        onChange={(_, [from, to]) => { if (from && to) onChange({ from: parseLocal(from), to: parseLocal(to) }); }} />
      <div className="presets">
        <Button size="small" onClick={() => days(0, 1)}>{t("today")}</Button>
        <Button size="small" onClick={() => days(1, 1)}>{t("yesterday")}</Button>
        <Button size="small" onClick={() => days(6, 7)}>{t("week")}</Button>
        <small>{t("day_note")}</small>
      </div>
    </div>
  );
}
