import { App, Button } from "antd";
import { useMemo, useState } from "react";
import { useGet, invalidate } from "../api/queries";
import { dayTime } from "../format/time";
import { useLang, useT, useWord } from "../i18n";
import { useSession } from "../session/session";
import { Panel } from "../ui/Panel";
import { Read } from "../ui/states";
import { CallDialog } from "./CallDialog";
import { Coverage } from "./Coverage";
import { ForceHead } from "./ForceHead";
import { ForceNeeds } from "./ForceNeeds";
import type { Task } from "./model";
import { Refusal } from "./Refusal";
import { Roster } from "./Roster";
import { postTo, useStep } from "./steps";
import { WhyDialog } from "./WhyDialog";

type Act = "approve" | "reject" | "close";

/** A task force: who was called, who answered, left and arrived; live. */
export function ForceView({ id, onBack }: { id: number; onBack: () => void }) {
  const found = useGet(
    "/api/v1/tasks/{task_id}",
    { params: { path: { task_id: id } } },
    { refetchInterval: 5000, placeholderData: undefined },
  );
  return (
    <Read of={found} rows={10}>
      {(task) => <Shown key={task.id} task={task} onBack={onBack} />}
    </Read>
  );
}

function Shown({ task, onBack }: { task: Task; onBack: () => void }) {
  const t = useT("dispatch");
  const word = useWord();
  const lang = useLang();
  const { me, may } = useSession();
  const { message } = App.useApp();
  const [asking, setAsking] = useState<Act | "call" | null>(null);
  const roster = useGet(
    "/api/v1/tasks/{task_id}/roster",
    { params: { path: { task_id: task.id } } },
    { refetchInterval: 3000, placeholderData: undefined },
  );
  const step = useStep<Task>((answer) => {
    setAsking(null);
    invalidate("/api/v1/tasks");
    invalidate("/api/v1/orders/inbox");
    for (const one of (answer.warnings ?? []) as { message: string; message_zh: string }[])
      void message.warning(lang === "zh" ? one.message_zh : one.message, 6);
  });
  const members = roster.data?.items ?? [];
  const open = task.closed_at === null;
  const pending = task.decision === "pending";
  const own = me.organ === null || me.organ.id === task.organ.id || may("assign_vehicles");
  const missing = useMemo(() => task.needs.reduce((sum, need) => sum + need.missing, 0), [task.needs]);
  const take = (name: string, path: string, body: object) => step.take(name, () => postTo<Task>(`/api/v1/tasks/${task.id}/${path}`, body));
  return (
    <>
      <div className="order-col">
        <ForceHead task={task} onBack={onBack} />
        <div className="order-acts">
          {!asking && <Refusal problem={step.problem} />}
          <div className="buttons">
            {pending && may("approve_orders") && (
              <Button type="primary" onClick={() => void take("approve", "approve", {})} loading={step.busy === "approve"}>
                {t("do_approve")}
              </Button>
            )}
            {pending && may("approve_orders") && <Button onClick={() => setAsking("reject")}>{t("do_reject")}</Button>}
            {open && own && may("assign_vehicles") && (
              <>
                {missing > 0 && (
                  <Button type="primary" loading={step.busy === "refill"} onClick={() => void take("refill", "call", {})}>
                    {t("call_missing", { n: missing })}
                  </Button>
                )}
                <Button onClick={() => setAsking("call")}>{t("call_more")}</Button>
                <Button onClick={() => setAsking("close")}>{t("close_force")}</Button>
              </>
            )}
          </div>
        </div>
        <Coverage task={task} members={members} />
        <Roster task={task} members={members} state={roster} open={open} />
      </div>
      <aside className="side" aria-label={t("needs")}>
        <ForceNeeds task={task} />
        <Panel title={t("history")}>
          <ol className="order-history">
            {[...task.history].reverse().map((one) => (
              <li key={one.n}>
                <span>{t(`force_${one.command as "begin"}`)}</span>
                <time dateTime={one.at}>{dayTime(one.at)}</time>
                <small>
                  {one.account} · {word("role", one.role)}
                </small>
                {one.why && <q>{one.why}</q>}
              </li>
            ))}
          </ol>
        </Panel>
      </aside>
      {asking && asking !== "call" && (
        <WhyDialog
          title={t(asking === "reject" ? "do_reject" : "close_force")}
          ok={t(asking === "reject" ? "do_reject" : "close_force")}
          needed={asking === "reject"}
          busy={step.busy !== ""}
          problem={step.problem}
          onClose={() => setAsking(null)}
          onWhy={(why) => void take(asking, asking, why ? { why } : {})}
        />
      )}
      {asking === "call" && (
        <CallDialog
          busy={step.busy !== ""}
          problem={step.problem}
          onClose={() => setAsking(null)}
          onSend={(needs) => void take("call", "call", { needs })}
        />
      )}
    </>
  );
}
