import { PrinterOutlined } from "@ant-design/icons";
import { App, Button } from "antd";
import { useMemo, useState } from "react";
import { useLang, useT, useWord } from "../i18n";
import { Conflict, type Difference } from "../ui/Conflict";
import { useKeys } from "../ui/useKeys";
import { AmendDialog } from "./AmendDialog";
import { OutingDialog } from "./OutingDialog";
import { Refusal } from "./Refusal";
import { keep, postTo, useStep } from "./steps";
import { NEEDS_WHY, open, stepPath, type Action, type Order } from "./model";
import { WhyDialog } from "./WhyDialog";
import { range } from "../format/time";

const FIRST: ReadonlySet<Action> = new Set(["submit", "approve", "approve_amendment", "depart", "return", "settle"]);
const OUTING: ReadonlySet<Action> = new Set(["depart", "return", "correct"]);

/** The steps that are open to this person; each is taken with the version that was read. */
export function Actions({ order, onEdit }: { order: Order; onEdit: () => void }) {
  const t = useT("dispatch");
  const word = useWord();
  const lang = useLang();
  const { message } = App.useApp();
  const [asking, setAsking] = useState<Action | null>(null);
  const step = useStep<Order>((answer) => {
    keep(answer);
    setAsking(null);
    for (const one of answer.warnings ?? []) void message.warning(lang === "zh" ? one.message_zh : one.message, 6);
  });
  const offered = open(order);
  const take = (action: Action, body: object = {}) => step.take(action, () => postTo<Order>(stepPath(order, action), body, order.version));
  const press = (action: Action) => {
    step.clear();
    if (action === "edit") onEdit();
    else if (NEEDS_WHY.has(action) || OUTING.has(action) || action === "cancel") setAsking(action);
    else void take(action);
  };
  useKeys(
    useMemo(() => {
      const approve = offered.find((one) => one === "approve" || one === "approve_amendment");
      const reject = offered.find((one) => one === "reject" || one === "reject_amendment");
      return { ...(approve ? { a: () => press(approve) } : {}), ...(reject ? { r: () => press(reject) } : {}) };
    }, [order, asking]),
  );
  const { current } = step;
  return (
    <div className="order-acts">
      {current && (
        <Conflict
          differences={differences(order, current)}
          onTheirs={() => {
            keep(current);
            step.clear();
          }}
        />
      )}
      {!asking && <Refusal problem={step.problem} />}
      <div className="buttons">
        {offered.map((action) => (
          <Button
            key={action}
            type={FIRST.has(action) ? "primary" : "default"}
            loading={step.busy === action}
            disabled={step.busy !== ""}
            {...(action.startsWith("approve") ? { title: "a" } : action.startsWith("reject") ? { title: "r" } : {})}
            onClick={() => press(action)}
          >
            {t(`do_${action}`)}
          </Button>
        ))}
        {order.number && (
          <Button icon={<PrinterOutlined />} title="p" className="print" onClick={() => window.print()}>
            {t("print_sheet")}
          </Button>
        )}
      </div>
      {asking && !OUTING.has(asking) && asking !== "amend" && (
        <WhyDialog
          title={t(`do_${asking}`)}
          ok={t(`do_${asking}`)}
          needed={NEEDS_WHY.has(asking)}
          busy={step.busy !== ""}
          problem={step.problem}
          onClose={() => setAsking(null)}
          onWhy={(why) => void take(asking, why ? { why } : {})}
        />
      )}
      {asking && OUTING.has(asking) && (
        <OutingDialog
          order={order}
          action={asking as "depart" | "return" | "correct"}
          busy={step.busy !== ""}
          problem={step.problem}
          onClose={() => setAsking(null)}
          onSend={(body) => void take(asking, body)}
        />
      )}
      {asking === "amend" && (
        <AmendDialog
          order={order}
          busy={step.busy !== ""}
          problem={step.problem}
          onClose={() => setAsking(null)}
          onSend={(body) => void take("amend", body)}
        />
      )}
    </div>
  );

  function differences(mine: Order, theirs: Order): Difference[] {
    const rows = (one: Order): [string, string][] => [
      [t("state"), word("order", one.state)],
      [t("decision"), word("decision", one.decision)],
      [t("window"), range(one.planned_from, one.planned_to)],
      [t("vehicles"), one.vehicles.map((given) => given.vehicle.plate).join("、") || "—"],
    ];
    const now = rows(theirs);
    return rows(mine).flatMap(([label, value], index) => {
      const other = now[index]?.[1] ?? "—";
      return other === value ? [] : [{ label, mine: value, theirs: other }];
    });
  }
}
