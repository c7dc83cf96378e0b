import { Button } from "antd";
import type { ReactNode } from "react";
import { useT } from "../i18n";

/** One field that somebody else has changed: what was read here, and what stands there now. */
export interface Difference {
  label: string;
  mine: ReactNode;
  theirs: ReactNode;
}

/** Two versions side by side; the newer one is taken, or the own one sent again, only by a press. */
export function Conflict({
  differences,
  onTheirs,
  onMine,
}: {
  differences: readonly Difference[];
  onTheirs: () => void;
  onMine?: () => void;
}) {
  const t = useT("shell");
  return (
    <div className="conflict" role="alert">
      <p>{t("conflict")}</p>
      {differences.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col" aria-label={t("conflict_field")} />
              <th scope="col">{t("conflict_mine")}</th>
              <th scope="col">{t("conflict_theirs")}</th>
            </tr>
          </thead>
          <tbody>
            {differences.map(({ label, mine, theirs }) => (
              <tr key={label}>
                <th scope="row">{label}</th>
                <td>{mine}</td>
                <td>{theirs}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <div className="buttons">
        <Button size="small" onClick={onTheirs}>
          {t("conflict_take")}
        </Button>
        {onMine && (
          <Button size="small" danger onClick={onMine}>
            {t("conflict_again")}
          </Button>
        )}
      </div>
    </div>
  );
}
