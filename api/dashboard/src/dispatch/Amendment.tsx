import { range } from "../format/time";
import { useT, useWord } from "../i18n";
import { pendingAmendment, type Order } from "./model";

/** A change that waits for its decision: what it would be, beside what holds now. */
export function Amendment({ order }: { order: Order }) {
  const t = useT("dispatch");
  const word = useWord();
  const asked = pendingAmendment(order);
  if (!asked) return null;
  const names = (places: readonly { name: string }[]) => places.map((one) => one.name).join(" → ");
  const rows = [
    [t("window"), range(order.planned_from, order.planned_to), range(asked.plan.planned_from, asked.plan.planned_to)],
    [t("destinations"), names(order.destinations), names(asked.plan.destinations)],
    [t("area"), word("area", order.area), word("area", asked.plan.area)],
    [t("passengers"), String(order.passengers), String(asked.plan.passengers)],
  ].filter(([, now, then]) => now !== then);
  return (
    <div className="amendment" role="note">
      <p>
        <b>{t("change_waits")}</b> {asked.requester.username}: {asked.why}
      </p>
      <table>
        <tbody>
          {rows.map(([label, now, then]) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              <td>{now}</td>
              <td aria-hidden>→</td>
              <td>
                <b>{then}</b>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
