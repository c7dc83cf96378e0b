import { Link } from "react-router";
import { number } from "../format/number";
import { useT } from "../i18n";
import { Panel } from "../ui/Panel";
import { ForceFlag } from "./ForceFlag";
import type { Force } from "./forces";

/** The open task forces with the numbers that their flags carry on the map. */
export function ForceList({ forces }: { forces: readonly Force[] }) {
  const t = useT("map");
  if (forces.length === 0) return null;
  return (
    <Panel title={t("tasks")} note={number(forces.length)}>
      <ul className="mini">
        {forces.map((one) => (
          <li key={one.id}>
            <ForceFlag n={one.number} />
            <Link to={`/dispatch/tasks/${one.id}`}>{one.title}</Link>
            <span>{t("there", { n: number(one.there), all: number(one.called) })}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
