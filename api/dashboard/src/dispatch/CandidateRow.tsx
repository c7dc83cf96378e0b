import { useEffect, useRef, type ReactNode } from "react";
import { number } from "../format/number";
import { useLang, useT, useWord } from "../i18n";
import { fleet } from "../live/fleet";
import { Plate, StateSymbol } from "../ui/marks";
import { useOrganNames } from "../ui/organs";
import type { Candidate } from "./model";

/** One vehicle of the ranking: its place, what it has, why it stands there, and what is doubtful about it. */
export function CandidateRow({
  item,
  chosen,
  onChoose,
  onHover,
  children,
}: {
  item: Candidate;
  chosen: boolean;
  onChoose: () => void;
  onHover?: ((id: number | null) => void) | undefined;
  children: ReactNode;
}) {
  const t = useT("dispatch");
  const word = useWord();
  const lang = useLang();
  const names = useOrganNames();
  const row = useRef<HTMLLIElement>(null);
  const { vehicle } = item;
  const live = fleet.vehicles.get(vehicle.id);
  useEffect(() => {
    if (chosen) row.current?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  const say = (reason: { zh: string; en: string }) => (lang === "zh" ? reason.zh : reason.en);
  // Distance and range stand in the line of figures; said again they would only lengthen the list.
  const reasons = item.reasons.filter((one) => !["distance_km", "energy_sufficient", "free", "own_organ"].includes(one.code));
  return (
    <li ref={row} className={chosen ? "chosen" : ""} onMouseEnter={() => onHover?.(vehicle.id)} onMouseLeave={() => onHover?.(null)}>
      <button type="button" className="pick" aria-pressed={chosen} onClick={onChoose}>
        <span className="rank">{item.rank}</span>
        <span className="name">
          <Plate plate={vehicle.plate} />
          {live && <StateSymbol state={live.state} colour={item.new_energy ? "var(--nev)" : "var(--fuel)"} />}
        </span>
        <span className="figures">
          <b>{item.distance_km === null ? "—" : `${number(item.distance_km, 1)} km`}</b>
          <span>{item.range_km === null ? "" : t("range_km", { n: number(item.range_km) })}</span>
        </span>
        <span className="what">
          {word("body", vehicle.body)} · {t("seats", { n: vehicle.seats })} · {word("energy", vehicle.energy)}
        </span>
        <span className="whose">{names.get(vehicle.organ_id) ?? ""}</span>
        <span className="why">
          {reasons.map((one) => (
            <i key={one.code}>{say(one)}</i>
          ))}
        </span>
        {item.doubts.length > 0 && (
          <span className="doubt">
            {item.doubts.map((one) => (
              <i key={one.code}>{say(one)}</i>
            ))}
          </span>
        )}
      </button>
      {chosen && children}
    </li>
  );
}
