import { LeftOutlined } from "@ant-design/icons";
import { duration, dayTime } from "../format/time";
import { useLang, useT, useWord } from "../i18n";
import { serverNow } from "../live/useStream";
import { Steps } from "../ui/Steps";
import { approvedLater, STEPS, stepsDone, stopped, waitOf, type Order } from "./model";

/** Number, state and the way of the order; an emergency shows how long there is for its approval. */
export function OrderHead({ order, onBack }: { order: Order; onBack: () => void }) {
  const t = useT("dispatch");
  const word = useWord();
  const lang = useLang();
  const wait = waitOf(order, serverNow());
  return (
    <div className="order-head">
      <div className="line">
        <button type="button" className="back" aria-label={t("back")} onClick={onBack}>
          <LeftOutlined />
        </button>
        <h1>{order.number ?? t("draft_n", { n: order.id })}</h1>
        <span className={`chip ${stopped(order) ? "stopped" : ""}`}>{word("order", order.state)}</span>
        {order.emergency && <span className="chip urgent">{t("emergency")}</span>}
        {wait.kind === "approval" && (
          <span className="countdown" title={t("approve_by", { time: dayTime(wait.untilMs) })}>
            {t("approval_left", { time: duration((wait.untilMs - serverNow()) / 1000, lang) })}
          </span>
        )}
        {wait.kind === "overdue" && <span className="countdown bad">{t("overdue_long")}</span>}
        {wait.kind === "late" && (
          <span className="countdown bad">{t("late", { time: duration((serverNow() - wait.sinceMs) / 1000, lang) })}</span>
        )}
      </div>
      <Steps
        labels={STEPS.map((one) => t(one === "approve" && approvedLater(order) ? "step_approve_later" : `step_${one}`))}
        done={stepsDone(order)}
        stopped={stopped(order)}
      />
    </div>
  );
}
