import { Link } from "react-router";
import { number } from "../format/number";
import { say, useLang, useT } from "../i18n";
import { useMay } from "../session/session";
import { Panel } from "../ui/Panel";

/** What waits in the quarantine, by reason. */
export function Refused({ counts }: { counts: Readonly<Record<string, number>> }) {
  const t = useT("system");
  const lang = useLang();
  const mayLook = useMay("read_quarantine");
  const rows = Object.entries(counts).sort(([, a], [, b]) => b - a);
  const name = (reason: string) => {
    const key = `reason.${reason}` as never;
    return say(lang, "auditWords", key);
  };
  return (
    <Panel title={t("quarantine")}>
      {rows.length === 0 ? <p className="quiet">{t("none_refused")}</p> : (
        <ul className="refused-by">
          {rows.map(([reason, entries]) => (
            <li key={reason}>
              {mayLook ? <Link to={`/audit/quarantine?reason=${reason}`}>{name(reason)}</Link> : <span>{name(reason)}</span>}
              <b>{number(entries)}</b>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
