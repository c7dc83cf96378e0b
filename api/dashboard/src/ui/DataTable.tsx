import { Button, Dropdown, Table, type TableColumnsType } from "antd";
import { useMemo, useState, type ReactNode } from "react";
import { useT } from "../i18n";
import { Empty, Loading, ProblemView } from "./states";

export interface Column<T> {
  key: string;
  title: ReactNode;
  render: (row: T) => ReactNode;
  /** Figures stand at the right. */
  figure?: boolean;
  width?: number;
  /** By what the person may sort; where the server sorts, leave it away. */
  sort?: (a: T, b: T) => number;
  /** Left out until the person asks for it. */
  hidden?: boolean;
  fixed?: boolean;
}

interface Props<T> {
  caption: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  rowKey: (row: T) => string | number;
  /** First load and failure, as React Query tells them. */
  state: { isPending: boolean; error: unknown; refetch: () => unknown };
  empty: { text: ReactNode; action?: string; onAction?: () => void };
  /** Reads the next page, where there is one. */
  more?: (() => void) | undefined;
  onOpen?: (row: T) => void;
  selected?: string | number | null;
  actions?: ReactNode;
  /** Height of the scrolling body in CSS; without it the page scrolls. */
  height?: number | string;
}

/** A table with caption, choice of columns, keyboard, and the states of what it shows. Exports are the server's. */
export function DataTable<T extends object>(props: Props<T>) {
  const { caption, columns, rows, rowKey, state, empty, more, onOpen, selected, actions, height } = props;
  const [hidden, setHidden] = useState(() => new Set(columns.filter((one) => one.hidden).map((one) => one.key)));
  const t = useT("shell");
  const shown = useMemo(() => columns.filter((one) => !hidden.has(one.key)).map(antdColumn), [columns, hidden]);
  const toggle = (key: string) => {
    const next = new Set(hidden);
    if (!next.delete(key)) next.add(key);
    setHidden(next);
  };
  if (rows.length === 0 && state.error) return <ProblemView problem={state.error} onRetry={() => void state.refetch()} />;
  if (rows.length === 0 && state.isPending) return <Loading rows={8} />;
  const menu = columns.map(({ key, title }) => ({
    key,
    label: <label><input type="checkbox" readOnly checked={!hidden.has(key)} /> {title}</label>,
  }));
  return (
    <div className="data-table">
      <div className="caption">
        <h3>{caption}</h3>
        <span>{t("rows", { n: rows.length })}{more ? "+" : ""}</span>
        <span className="push" />
        {actions}
        <Dropdown trigger={["click"]} menu={{ items: menu, onClick: ({ key }) => toggle(key) }}>
          <Button size="small">{t("columns")}</Button>
        </Dropdown>
      </div>
      <Table<T>
        size="small"
        aria-label={caption}
        columns={shown}
        dataSource={rows as T[]}
        rowKey={rowKey}
        pagination={false}
        sticky={height === undefined}
        virtual={typeof height === "number" && rows.length > 200}
        scroll={height === undefined ? undefined : { y: height, x: "max-content" }}
        locale={{ emptyText: <Empty {...empty} /> }}
        rowClassName={(row) => (rowKey(row) === selected ? "chosen" : "")}
        onRow={(row) => (onOpen ? rowHandlers(row, onOpen) : {})}
      />
      {more && <Button className="more" onClick={more}>{t("load_more")}</Button>}
      {state.error !== null && state.error !== undefined && <ProblemView problem={state.error} onRetry={() => void state.refetch()} />}
    </div>
  );
}

function antdColumn<T>(column: Column<T>): TableColumnsType<T>[number] {
  return {
    key: column.key,
    title: column.title,
    render: (_: unknown, row: T) => column.render(row),
    ...(column.figure ? { align: "right" as const } : {}),
    ...(column.width ? { width: column.width } : {}),
    ...(column.sort ? { sorter: column.sort } : {}),
    ...(column.fixed ? { fixed: "left" as const } : {}),
  };
}

/** `j` and `k` go to the next and the previous row, Enter opens. */
function rowHandlers<T>(row: T, onOpen: (row: T) => void): React.HTMLAttributes<HTMLElement> {
  return {
    tabIndex: 0,
    onClick: () => onOpen(row),
    onKeyDown: (event) => {
      if (event.target !== event.currentTarget) return;
      if (event.key === "Enter") onOpen(row);
      const next = event.key === "j" ? "nextElementSibling" : event.key === "k" ? "previousElementSibling" : null;
      if (next) (event.currentTarget[next] as HTMLElement | null)?.focus();
    },
  };
}
