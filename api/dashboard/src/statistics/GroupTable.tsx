import { useMemo } from "react";
import { Bar } from "../charts/Spark";
import { useLang, useT } from "../i18n";
import { DataTable, type Column } from "../ui/DataTable";
import { change, figure, part, type Definition, type Group } from "./figures";
import { keyOf } from "./groups";
import { usePartWord } from "./usePartWord";

/** One row a group: the value, the year before, and the counters it is worked out of. */
export function GroupTable({
  caption,
  first,
  definition,
  rows,
  name,
  compare,
  onOpen,
  state,
  more,
  link,
}: {
  caption: string;
  first: string;
  definition: Definition;
  rows: readonly Group[];
  name: (row: Group) => string;
  compare: boolean;
  onOpen?: (row: Group) => void;
  state: { isPending: boolean; error: unknown; refetch: () => unknown };
  more?: (() => void) | undefined;
  link?: (row: Group) => React.ReactNode;
}) {
  const t = useT("statistics");
  const lang = useLang();
  const counted = usePartWord();
  const columns = useMemo<Column<Group>[]>(() => {
    const { unit, decimals } = definition;
    const top = Math.max(0, ...rows.map((row) => row.value ?? 0));
    return [
      {
        key: "name",
        title: first,
        width: 200,
        sort: (a, b) => name(a).localeCompare(name(b), "zh-CN"),
        render: (row) =>
          onOpen ? (
            <button type="button" className="as-link" onClick={() => onOpen(row)}>
              {name(row)}
            </button>
          ) : (
            (link?.(row) ?? name(row))
          ),
      },
      {
        key: "bar",
        title: "",
        width: 120,
        render: (row) => (
          <span className="share-cell lone">
            <Bar value={row.value ?? 0} max={unit === "%" ? 100 : top} />
          </span>
        ),
      },
      {
        key: "value",
        title: t("value"),
        figure: true,
        sort: (a, b) => (a.value ?? -1) - (b.value ?? -1),
        render: (row) => <b>{figure(row.value, unit, decimals)}</b>,
      },
      ...(compare
        ? [
            { key: "before", title: t("before"), figure: true, render: (row: Group) => figure(row.previous?.value, unit, decimals) },
            {
              key: "change",
              title: t("change"),
              figure: true,
              sort: (a: Group, b: Group) => (a.change ?? 0) - (b.change ?? 0),
              render: (row: Group) => change(row.change, unit, decimals),
            },
          ]
        : []),
      ...definition.parts.map((one): Column<Group> => ({
        key: `part-${one.name}`,
        title: one[lang],
        figure: true,
        hidden: definition.parts.length > 6 && one.unit === "s",
        sort: (a, b) => (a.parts[one.name] ?? 0) - (b.parts[one.name] ?? 0),
        render: (row) => counted(row.parts[one.name], one.unit, part),
      })),
    ];
  }, [definition, rows, first, name, compare, onOpen, link, t, lang, counted]);
  return <DataTable caption={caption} columns={columns} rows={rows} rowKey={keyOf} state={state} empty={{ text: t("empty") }} more={more} />;
}
