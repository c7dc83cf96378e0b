import { MISSING, number } from "../format/number";
import { dayTimeS } from "../format/time";
import { useT } from "../i18n";
import { Plate } from "../ui/marks";
import { useOrganNames } from "../ui/organs";
import { useAuditWords } from "./words";

const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/;

/** One value that the log tells, as people write it: moments of Shanghai, words for slugs, names for organs. */
export function Told({ field, value }: { field: string; value: unknown }) {
  const t = useT("audit");
  const words = useAuditWords();
  const names = useOrganNames();
  if (value === null || value === undefined || value === "") return <span>{MISSING}</span>;
  if (typeof value === "boolean") return <span>{t(value ? "yes" : "no")}</span>;
  if (typeof value === "number") {
    const organ = /organ_id$|^parent_id$/.test(field) ? names.get(value) : undefined;
    return <span>{organ ?? (/(^|_)id$|division|^number$/.test(field) ? String(value) : number(value, Number.isInteger(value) ? 0 : 3))}</span>;
  }
  if (typeof value === "string") {
    if (field === "plate") return <Plate plate={value} />;
    if (field === "subject") return <span>{`${words.subject(value).word} ${words.subject(value).id}`}</span>;
    if (field === "action") return <span>{words.action(value)}</span>;
    return <span className="told">{MOMENT.test(value) ? dayTimeS(value) : words.value(field, value)}</span>;
  }
  if (Array.isArray(value)) {
    if (value.some((one) => typeof one === "object")) return <pre className="told">{JSON.stringify(value, null, 1)}</pre>;
    return <span className="told">{value.map(String).join(", ") || MISSING}</span>;
  }
  return (
    <dl className="told-in">
      {Object.entries(value).map(([name, inner]) => <div key={name}><dt>{words.field(name)}</dt><dd><Told field={name} value={inner} /></dd></div>)}
    </dl>
  );
}
