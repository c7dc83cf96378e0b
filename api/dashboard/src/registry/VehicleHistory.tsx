import { useGet } from "../api/queries";
import { useT, useWord } from "../i18n";
import { Panel } from "../ui/Panel";
import { Read } from "../ui/states";

/** What a vehicle was on which days: organ, use, management, energy, status. */
export function VehicleHistory({ id }: { id: number }) {
  const t = useT("registry");
  const word = useWord();
  const found = useGet("/api/v1/vehicles/{vehicle_id}/history", { params: { path: { vehicle_id: id } } }, { placeholderData: undefined });
  return (
    <Panel title={t("history")}>
      <Read of={found}>
        {(data) => (
          <ol className="spans">
            {[...data.items].reverse().map((one) => (
              <li key={one.from}>
                <time>
                  {one.from} – {one.to ?? t("now")}
                </time>
                <span>
                  {one.organ_name} · {word("use", one.use)} · {word("management", one.management)} · {word("energy", one.energy)} ·{" "}
                  {word("status", one.status)}
                </span>
              </li>
            ))}
          </ol>
        )}
      </Read>
    </Panel>
  );
}
