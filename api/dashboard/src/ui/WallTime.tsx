import { DatePicker } from "antd";
import dayjs from "dayjs";

const FORM = { minute: "YYYY-MM-DD HH:mm", day: "YYYY-MM-DD" } as const;

/** A date, or a date and time, as it stands on the wall in Shanghai: text in and out, so that no browser's zone matters. */
export function WallTime({
  id,
  value,
  onChange,
  kind = "minute",
  label,
  least,
}: {
  id?: string;
  value?: string | null;
  onChange?: (text: string | null) => void;
  kind?: keyof typeof FORM;
  label?: string;
  least?: string;
}) {
  const form = FORM[kind];
  const shown = value ? dayjs(value.replace(" ", "T")) : null;
  return (
    <DatePicker
      {...(id ? { id } : {})}
      aria-label={label}
      {...(label ? { placeholder: label } : {})}
      value={shown}
      format={form}
      needConfirm={false}
      className="wall-time"
      {...(kind === "minute" ? { showTime: { format: "HH:mm", minuteStep: 5 as const } } : {})}
      {...(least ? { minDate: dayjs(least.replace(" ", "T")) } : {})}
      onChange={(picked) => onChange?.(picked ? picked.format(form) : null)}
    />
  );
}
