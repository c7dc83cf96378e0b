import { Link } from "react-router";
import { Plate } from "../ui/marks";
import { useAuditWords } from "./words";

const PLACES: Readonly<Record<string, string>> = {
  vehicle: "/registry/vehicles/", organ: "/registry/organs/", driver: "/registry/drivers/", unit: "/registry/units/", area: "/registry/areas/",
  order: "/dispatch/orders/", task: "/dispatch/tasks/", case: "/cases/",
};

/** What an entry is about, as a link where the page shows it; with the plate where the entry tells it. */
export function Subject({ subject, plate }: { subject: string; plate?: string | undefined }) {
  const { kind, word, id } = useAuditWords().subject(subject);
  const place = PLACES[kind];
  const name = <>{word} {plate ? <Plate plate={plate} /> : id}</>;
  return place && /^\d+$/.test(id) ? <Link to={place + id} onClick={(event) => event.stopPropagation()}>{name}</Link> : <span>{name}</span>;
}

/** The plate that an entry's detail tells, if any. */
export function plateOf(detail: unknown): string | undefined {
  const plate = typeof detail === "object" && detail !== null ? (detail as Record<string, unknown>)["plate"] : undefined;
  return typeof plate === "string" ? plate : undefined;
}
