import { MISSING, number } from "../format/number";
import { dayTime } from "../format/time";
import { useT, useWord } from "../i18n";
import { Plate } from "../ui/marks";
import type { Field } from "./kinds";
import { useNames } from "./names";

/** One value of a record in words. */
export function Value({ field, value }: { field: Field; value: unknown }) {
  const t = useT("registry");
  const word = useWord();
  const names = useNames();
  if (field.type === "yes") return t(value ? "yes" : "no");
  if (value === null || value === undefined || value === "") return MISSING;
  if (field.name === "plate") return <Plate plate={String(value)} />;
  if (field.type === "choice") return word(field.words ?? "", String(value));
  if (field.type === "organ") return names.organs.get(Number(value)) ?? String(value);
  if (field.type === "division") return names.divisions.get(Number(value)) ?? String(value);
  if (field.type === "tags") return (value as string[]).join("、") || MISSING;
  if (field.type === "moment") return dayTime(String(value));
  if (field.unit === "¥") return `¥${number(Number(value), 2)}`;
  if (field.type === "number")
    return `${number(Number(value), Number.isInteger(Number(value)) ? 0 : 1)}${field.unit ? ` ${field.unit}` : ""}`;
  return String(value);
}
