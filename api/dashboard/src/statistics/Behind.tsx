import { useCallback } from "react";
import { Link } from "react-router";
import { useList } from "../api/queries";
import { useT } from "../i18n";
import { Plate } from "../ui/marks";
import type { Definition, Group } from "./figures";
import { GroupTable } from "./GroupTable";

/** The vehicles behind a figure: added up they are the total. Each leads to its trips. */
export function Behind({ definition, question, period }: { definition: Definition; question: object; period: { from: string; to: string } }) {
  const t = useT("statistics");
  const address = `/api/v1/statistics/${definition.slug}/vehicles` as "/api/v1/statistics/{statistic}/vehicles";
  const found = useList(address, question, { limit: 200 });
  const plate = useCallback((row: Group) => row.vehicle?.plate ?? "—", []);
  const link = useCallback(
    (row: Group) =>
      row.vehicle && (
        <Link to={`/history?vehicles=${row.vehicle.id}&from=${period.from}&to=${period.to}`} title={t("trips_of")}>
          <Plate plate={row.vehicle.plate} />
        </Link>
      ),
    [period.from, period.to, t],
  );
  return (
    <div className="board-table">
      <p className="quiet">{t("behind_text")}</p>
      <GroupTable
        caption={t("behind")}
        first={t("vehicle")}
        definition={definition}
        rows={found.items}
        name={plate}
        compare={false}
        state={found}
        more={found.more}
        link={link}
      />
    </div>
  );
}
