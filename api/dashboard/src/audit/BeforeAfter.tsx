import { useT } from "../i18n";
import { Panel } from "../ui/Panel";
import { rowsOf, type Versions } from "./versions";
import { Told } from "./Told";
import { useAuditWords } from "./words";

export type { Versions };

/** What was so and what is so, side by side; what differs stands out. */
export function BeforeAfter({ versions }: { versions: Versions }) {
  const t = useT("audit");
  const words = useAuditWords();
  const rows = rowsOf(versions);
  const note = versions.before === undefined || versions.before === null ? t("new_record")
    : versions.after === undefined || versions.after === null ? t("removed_record") : null;
  return (
    <Panel title={`${t("before")} → ${t("after")}`} {...(note === null ? {} : { note })}>
      <table className="plain-table entry-versions">
        <caption>{t("before")} → {t("after")}</caption>
        <thead><tr><th scope="col">{t("item")}</th><th scope="col">{t("before")}</th><th scope="col">{t("after")}</th></tr></thead>
        <tbody>
          {rows.map(({ field, before, after, same }) => (
            <tr key={field} className={same ? "same" : ""}>
              <th scope="row">{words.field(field)}</th>
              <td><Told field={field} value={before} /></td>
              <td><Told field={field} value={after} /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
