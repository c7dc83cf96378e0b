import { Input } from "antd";
import { useDeferredValue, useState } from "react";
import { useGet } from "../api/queries";
import { plainPlate } from "../format/plate";
import { number } from "../format/number";
import { useLang, useT } from "../i18n";
import { Plate } from "../ui/marks";

const CODES = [
  "taken",
  "of_another_organ",
  "seats_short",
  "in_repair",
  "sealed",
  "on_sealing_list",
  "other_body",
  "equipment_lacking",
  "range_short",
  "charge_short",
] as const;

/** Why a vehicle is not in the list: counts by reason, and every reason of one that is asked for by its plate. */
export function WhyNot({ order, notOffered }: { order: number; notOffered: Readonly<Record<string, number>> }) {
  const t = useT("dispatch");
  const lang = useLang();
  const [typed, setTyped] = useState("");
  const wanted = useDeferredValue(plainPlate(typed));
  const hits = useGet(
    "/api/v1/vehicles",
    { params: { query: { q: wanted, limit: 1 } } },
    { enabled: wanted.length >= 3, placeholderData: undefined },
  );
  const hit = wanted.length >= 3 ? hits.data?.items[0] : undefined;
  const one = useGet(
    "/api/v1/orders/{order_id}/candidates/{vehicle_id}",
    { params: { path: { order_id: order, vehicle_id: hit?.id ?? 0 } } },
    { enabled: hit !== undefined, placeholderData: undefined },
  );
  const known = Object.entries(notOffered).sort(([, a], [, b]) => b - a);
  const word = (code: string) => ((CODES as readonly string[]).includes(code) ? t(`not_${code as (typeof CODES)[number]}`) : code);
  const say = (reason: { zh: string; en: string }) => (lang === "zh" ? reason.zh : reason.en);
  return (
    <details className="why-not">
      <summary>{t("why_not")}</summary>
      <dl className="kv">{known.map(([code, count]) => [<dt key={`${code}-t`}>{word(code)}</dt>, <dd key={code}>{number(count)}</dd>])}</dl>
      <Input
        size="small"
        allowClear
        value={typed}
        placeholder={t("ask_plate")}
        aria-label={t("ask_plate")}
        onChange={(event) => setTyped(event.target.value)}
      />
      {wanted.length >= 3 && hits.data && !hit && <p className="quiet">{t("no_vehicle")}</p>}
      {hit && (
        <div className="answer">
          <b>
            <Plate plate={hit.plate} />
          </b>
          {one.data?.offered && <p>{t("offered_at", { n: one.data.rank ?? "—" })}</p>}
          {one.data && !one.data.offered && (
            <ul>
              {one.data.refusals.map((why) => (
                <li key={why.code}>{say(why)}</li>
              ))}
            </ul>
          )}
          {one.error && <p className="quiet">{one.error.message}</p>}
        </div>
      )}
    </details>
  );
}
