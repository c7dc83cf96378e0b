import { Drawer } from "antd";
import { useGet } from "../api/queries";
import { useT } from "../i18n";
import { Plate } from "../ui/marks";
import { Empty, Read } from "../ui/states";
import { momentsOf, type Days } from "./address";
import { UnitGaps } from "./UnitGaps";

/** What is missing of one vehicle, unit by unit: each that sat in it during these days. */
export function VehicleGaps({ vehicle, plate, days, onClose }: { vehicle: number; plate: string | null; days: Days; onClose: () => void }) {
  const t = useT("audit");
  const bindings = useGet("/api/v1/bindings", { params: { query: { vehicle } } }, { placeholderData: undefined });
  const period = momentsOf(days, true) as Required<ReturnType<typeof momentsOf>>;
  const name = plate ?? bindings.data?.items[0]?.plate;
  return (
    <Drawer open size={640} onClose={onClose} mask={false} className="audit-drawer" destroyOnHidden
      title={<>{name ? <Plate plate={name} /> : null} {t("gaps_of")}</>}>
      <Read of={bindings} rows={6}>
        {(found) => {
          const then = found.items.filter((one) => (one.from ?? "") < period.to && (one.to === null || one.to > period.from));
          if (then.length === 0) return <Empty text={t("no_unit")} />;
          return then.map((one) => <UnitGaps key={one.id} unit={one.unit_id} code={one.unit} vehicle={vehicle} period={period} />);
        }}
      </Read>
    </Drawer>
  );
}
