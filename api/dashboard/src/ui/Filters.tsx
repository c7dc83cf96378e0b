import { Button } from "antd";
import type { ReactNode } from "react";
import { useT } from "../i18n";

/** The filter bar over a list: fields, how many match, and a way back to all. */
export function Filters({ children, note, active, onClear }: { children: ReactNode; note?: ReactNode; active: boolean; onClear: () => void }) {
  const t = useT("shell");
  return (
    <div className="filters" role="search">
      {children}
      {active && <Button size="small" type="link" onClick={onClear}>{t("clear_filters")}</Button>}
      <span className="push" />
      {note !== undefined && <span className="note">{note}</span>}
    </div>
  );
}
