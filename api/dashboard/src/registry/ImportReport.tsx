import type { Shape } from "../api/client";
import { useLang, useT } from "../i18n";
import { DataTable, type Column } from "../ui/DataTable";
import { fieldsOf } from "./kinds";

type Entry = Shape<"EntryShown">;

/** Every row that would change something, with old and new, or is refused, with why. */
export function ImportReport({ report }: { report: Shape<"ImportReport"> }) {
  const t = useT("registry");
  const lang = useLang();
  const fields = fieldsOf(report.kind);
  const label = (name: string) => {
    const known = fields.find((field) => field.name === name);
    return known ? t(known.label) : name;
  };
  const said = (value: unknown) => (value === null || value === undefined || value === "" ? "—" : String(value));
  const columns: Column<Entry>[] = [
    { key: "line", title: t("line"), figure: true, width: 64, render: (one) => one.line, sort: (a, b) => a.line - b.line },
    { key: "key", title: t("key"), width: 140, render: (one) => one.key },
    {
      key: "outcome",
      title: t("outcome"),
      width: 88,
      render: (one) => <span className={one.outcome === "refused" ? "bad" : ""}>{t(`out_${one.outcome}`)}</span>,
      sort: (a, b) => a.outcome.localeCompare(b.outcome),
    },
    {
      key: "what",
      title: t("what"),
      render: (one) => (
        <ul className="changes">
          {one.problems.map((each) => (
            <li key={each.code + each.field} className={each.severity === "error" ? "bad" : ""}>
              {lang === "zh" ? each.message_zh : each.message}
            </li>
          ))}
          {one.outcome === "changed" &&
            one.changes.map((each) => (
              <li key={each.field}>
                {label(each.field)}: <del>{said(each.old)}</del> → {said(each.new)}
              </li>
            ))}
        </ul>
      ),
    },
  ];
  return (
    <DataTable
      caption={t("report")}
      columns={columns}
      rows={report.items}
      rowKey={(one) => one.line}
      height={280}
      state={{ isPending: false, error: null, refetch: () => undefined }}
      empty={{ text: t("nothing_changes") }}
    />
  );
}
