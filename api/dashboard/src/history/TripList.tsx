import { km, kmOf } from "../format/number";
import { duration, range } from "../format/time";
import { useLang, useT, useWord } from "../i18n";
import { Plate, VerdictMark } from "../ui/marks";
import { Empty, Loading, ProblemView } from "../ui/states";
import type { Chosen, Entry } from "./queries";

/** What each vehicle did, in order: trips with why they begin and end there, numbered stops, gaps. */
export function TripList({ chosen, moment, onGo }: { chosen: readonly Chosen[]; moment: number; onGo: (vehicle: number, moment: number) => void }) {
  const t = useT("history");
  if (chosen.length === 0) return <Empty text={t("empty")} />;
  return (
    <div className="trip-lists">
      {chosen.map((one, index) => {
        const items = one.timeline?.items ?? [];
        const trips = items.filter((item) => item.kind === "trip");
        let stop = 0;
        return (
          <section key={one.id} aria-label={one.plate}>
            <h2>
              <b className={`letter l${index}`}>{one.letter}</b>
              {one.plate && <Plate plate={one.plate} />}
              <span>{t("trips_n", { n: trips.length })} · {km(trips.reduce((sum, trip) => sum + trip.distance_km, 0))} km</span>
            </h2>
            {one.error && <ProblemView problem={one.error} />}
            {!one.timeline && !one.error && <Loading rows={3} />}
            {one.timeline && trips.length === 0 && <p className="quiet">{t("no_trips")}</p>}
            <ol>
              {items.map((item) => (
                <Row key={`${item.kind}-${item.id}`} item={item} number={item.kind === "stop" ? ++stop : 0}
                  now={Date.parse(item.started_at) <= moment && moment < Date.parse(item.known_to)}
                  onGo={() => onGo(one.id, Date.parse(item.started_at))} />
              ))}
            </ol>
          </section>
        );
      })}
    </div>
  );
}

function Row({ item, number, now, onGo }: { item: Entry; number: number; now: boolean; onGo: () => void }) {
  const lang = useLang();
  const t = useT("history");
  const word = useWord();
  const seconds = (Date.parse(item.known_to) - Date.parse(item.started_at)) / 1000;
  const times = range(item.started_at, item.ended_at);
  return (
    <li className={item.kind}>
      <button type="button" aria-current={now || undefined} onClick={onGo}>
        {item.kind === "trip" ? <VerdictMark verdict={item.verdict?.kind} /> : <span className="nr">{number || ""}</span>}
        {item.kind === "trip" && (
          <span>
            <b>{times}</b><em>{kmOf(item.distance_km * 1000)}</em>
            <small>{item.verdict ? word("verdict", item.verdict.kind) : ""}{item.running && ` · ${t("running")}`}</small>
            <small className="cut">
              {t("begins", { text: item.begin.text[lang] })}{item.end && ` · ${t("ends", { text: item.end.text[lang] })}`}
            </small>
          </span>
        )}
        {item.kind === "stop" && (
          <span>
            {t("stop", { length: duration(seconds, lang) })}
            <small>{times}</small>
            <small className="cut">{(lang === "en" ? item.place.name_en : null) ?? item.place.name ?? ""}</small>
          </span>
        )}
        {item.kind === "gap" && (
          <span>
            {t("gap", { length: duration(seconds, lang) })}
            <small>{times}</small>
            {item.undocumented_km !== null && <small className="cut">{t("gap_km", { km: kmOf(item.undocumented_km * 1000) })}</small>}
          </span>
        )}
      </button>
    </li>
  );
}
