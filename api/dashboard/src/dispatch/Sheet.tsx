import { createPortal } from "react-dom";
import { number } from "../format/number";
import { dayTime } from "../format/time";
import { useLang, useT, useWord } from "../i18n";
import { serverNow } from "../live/useStream";
import { Plate } from "../ui/marks";
import type { Order } from "./model";

/** The dispatch sheet: one page A4, black and white. It stands in the document and shows only on paper. */
export function Sheet({ order }: { order: Order }) {
  const t = useT("dispatch");
  const word = useWord();
  const lang = useLang();
  const facts = Object.values(order.facts).join(lang === "zh" ? ";" : "; ");
  const row = (...cells: [string, string][]) => (
    <tr key={cells[0]?.[0]}>
      {cells.flatMap(([label, value]) => [
        <th key={label} scope="row">
          {label}
        </th>,
        <td key={`${label}-v`} colSpan={cells.length === 1 ? 3 : 1}>
          {value || " "}
        </td>,
      ])}
    </tr>
  );
  const approvals = order.approvals.filter((one) => one.amendment === 0 && one.round === order.round);
  return createPortal(
    <div className="paper" aria-hidden>
      <h1>{t("sheet_title")}</h1>
      <p className="no">
        <span>{order.organ.name}</span>
        <span>
          {t("sheet_no")} {order.number ?? ""}
        </span>
      </p>
      <table>
        <tbody>
          {row([t("organ"), order.organ.name], [t("applicant"), order.applicant.username])}
          {row(
            [t("purpose"), `${lang === "zh" ? order.purpose_zh : order.purpose_en}${order.emergency ? ` (${t("emergency")})` : ""}`],
            [t("passengers"), t("persons", { n: order.passengers })],
          )}
          {row([t("sheet_facts"), facts])}
          {row([t("window"), `${dayTime(order.planned_from)} – ${dayTime(order.planned_to)}`])}
          {row([t("origin"), order.origin.name], [t("area"), word("area", order.area)])}
          {row([t("destinations"), order.destinations.map((one) => one.name).join(" → ")])}
          {row([t("contact"), [order.contact_name, order.contact_phone].filter(Boolean).join(" ")], [t("remarks"), order.remarks ?? ""])}
        </tbody>
      </table>
      <table className="vehicles">
        <thead>
          <tr>
            {(["vehicle", "driver", "departed_at", "odometer_out", "returned_at", "odometer_in", "driven"] as const).map((key) => (
              <th key={key} scope="col">
                {t(key)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {[...order.vehicles, ...Array.from({ length: Math.max(0, 2 - order.vehicles.length) }, () => null)].map((given, index) => (
            <tr key={given?.vehicle.id ?? `e${index}`}>
              <td>{given ? <Plate plate={given.vehicle.plate} /> : " "}</td>
              <td>{given?.driver?.label ?? ""}</td>
              <td>{given?.departed_at ? dayTime(given.departed_at) : ""}</td>
              <td>{km(given?.odometer_out_km)}</td>
              <td>{given?.returned_at ? dayTime(given.returned_at) : ""}</td>
              <td>{km(given?.odometer_in_km)}</td>
              <td>{km(given?.driven_km)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <table>
        <tbody>
          {approvals.map((one) =>
            row(
              [t("approver"), one.approver.username],
              [t("decision"), `${t(one.approved ? "agreed" : "refused")} ${dayTime(one.decided_at)}${one.why ? ` ${one.why}` : ""}`],
            ),
          )}
          {row([t("sheet_costs"), t("sheet_cost_lines")])}
        </tbody>
      </table>
      <ul className="signatures">
        {(["sign_applicant", "sign_approver", "sign_dispatcher", "sign_driver", "sign_user"] as const).map((key) => (
          <li key={key}>{t(key)}</li>
        ))}
      </ul>
      <footer>{t("sheet_foot", { time: dayTime(serverNow()) })}</footer>
    </div>,
    document.body,
  );
}

const km = (value: number | null | undefined) => (value === null || value === undefined ? "" : number(value, 1));
