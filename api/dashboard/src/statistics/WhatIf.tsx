import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { InputNumber, Slider } from "antd";
import { useMemo } from "react";
import { api, data } from "../api/client";
import { useList } from "../api/queries";
import { number } from "../format/number";
import { useT, useWord } from "../i18n";
import { Plate } from "../ui/marks";
import { Panel } from "../ui/Panel";
import { Empty, ProblemView, Read } from "../ui/states";
import { fraction, type Figure, type ShareName } from "./figures";

const SHOWN = 8;

/** “Replace these N vehicles”: what the shares would be. The longest registered ones come first. */
export function WhatIf({
  division,
  organ,
  count,
  onCount,
}: {
  division: number | null;
  organ: number | null;
  count: number;
  onCount: (count: number) => void;
}) {
  const t = useT("statistics");
  const word = useWord();
  const query = useMemo(
    () => ({ new_energy: false, status: "in_service", ...(division ? { division } : {}), ...(organ ? { organ } : {}) }),
    [division, organ],
  );
  const found = useList("/api/v1/vehicles", query, { limit: 6000 });
  const oldest = useMemo(
    () => [...found.items].sort((a, b) => (a.registered_on ?? "").localeCompare(b.registered_on ?? "") || a.id - b.id),
    [found.items],
  );
  const most = Math.min(oldest.length, 500);
  const chosen = oldest.slice(0, Math.min(count, most));
  const ids = chosen.map((one) => one.id);
  const answer = useQuery({
    queryKey: ["/api/v1/nev-board/what-if", ids],
    enabled: ids.length > 0,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => data(api.POST("/api/v1/nev-board/what-if", { body: { vehicles: ids }, signal })),
  });
  return (
    <Panel title={t("what_if")} className="what-if">
      <Read of={found.isPending ? { ...found, data: undefined } : { ...found, data: found.items }}>
        {() =>
          most === 0 ? (
            <Empty text={t("no_fuel")} />
          ) : (
            <>
              <p className="quiet">{t("what_if_text")}</p>
              <div className="count">
                <label htmlFor="what-if-count">{t("what_if_count")}</label>
                <Slider
                  min={1}
                  max={most}
                  value={chosen.length}
                  onChange={onCount}
                  ariaLabelForHandle={t("what_if_count")}
                  tooltip={{ open: false }}
                />
                <InputNumber id="what-if-count" min={1} max={most} value={chosen.length} onChange={(value) => onCount(value ?? 1)} />
              </div>
              {answer.error && <ProblemView problem={answer.error} onRetry={() => void answer.refetch()} />}
              {answer.data && (
                <dl className="then">
                  <Change name="stock" of={answer.data.stock} />
                  <Change name="distance" of={answer.data.distance} />
                </dl>
              )}
              <p className="quiet">{t("what_if_order")}</p>
              <table className="cty">
                <caption>{t("chosen_rows", { n: chosen.length, m: Math.min(SHOWN, chosen.length) })}</caption>
                <tbody>
                  {chosen.slice(0, SHOWN).map((one) => (
                    <tr key={one.id}>
                      <th scope="row">
                        <Plate plate={one.plate} />
                      </th>
                      <td className="words">{one.organ.name}</td>
                      <td>{word("energy", one.energy)}</td>
                      <td>{one.registered_on ?? "—"}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </>
          )
        }
      </Read>
    </Panel>
  );
}

function Change({ name, of }: { name: ShareName; of: { now: Figure; then: Figure } }) {
  const t = useT("statistics");
  const one = (figure: Figure) => (figure.value === null ? "—" : `${number(figure.value, 1)} %`);
  return (
    <div>
      <dt>{t(name)}</dt>
      <dd>
        <span>{one(of.now)}</span> <i aria-hidden>→</i> <b>{one(of.then)}</b>
        <small>{fraction(name, of.then.parts)}</small>
      </dd>
    </div>
  );
}
