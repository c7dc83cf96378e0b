import { AlertFilled, PlusOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useRef, type ReactNode } from "react";
import { useList } from "../api/queries";
import { number } from "../format/number";
import { useT } from "../i18n";
import { useMay } from "../session/session";
import { Empty, Loading, ProblemView } from "../ui/states";
import { TABS, type Tab } from "./model";
import { OrderRow } from "./OrderRow";
import { TaskRow } from "./TaskRow";
import { EVERY_MS, useCounts, useInbox, type Asked } from "./useInbox";

interface Props {
  tab: Tab;
  asked: Asked;
  order: number | null;
  task: number | null;
  filters: ReactNode;
  onTab: (tab: Tab) => void;
  onOrder: (id: number) => void;
  onTask: (id: number) => void;
  onNew: () => void;
  onEmergency: () => void;
  onForce: () => void;
}

/** What waits, by what has to be done next. */
export function Inbox(props: Props) {
  const { tab, asked, filters, onTab, onOrder, onTask } = props;
  const t = useT("dispatch");
  const mayApply = useMay("apply_for_vehicles");
  const mayAssign = useMay("assign_vehicles");
  const counts = useCounts(asked.organ);
  const found = useInbox(tab, asked);
  const organ = asked.organ === null ? {} : { organ: asked.organ };
  const tasks = useList("/api/v1/tasks", { ...organ, open: true }, { enabled: tab === "tasks", refetchInterval: EVERY_MS, limit: 200 });
  const rows = useRef<HTMLUListElement>(null);
  const { data } = counts;
  const count: Record<Tab, number | null> = {
    approve: data?.undecided ?? null,
    assign: data?.to_assign ?? null,
    tasks: data?.open_tasks ?? null,
    all: null,
    road: data ? (data.states.assigned ?? 0) + (data.states.departed ?? 0) + (data.states.returned ?? 0) : null,
  };
  const shown = tab === "tasks" ? tasks : found;
  return (
    <aside className="list inbox" aria-label={t("inbox")}>
      <header>
        {(mayApply || mayAssign) && (
          <div className="new-acts">
            {mayApply && (
              <Button type="primary" icon={<PlusOutlined />} onClick={props.onNew} title="o">
                {t("new_order")}
              </Button>
            )}
            {mayApply && (
              <Button icon={<AlertFilled />} onClick={props.onEmergency} title="e">
                {t("emergency")}
              </Button>
            )}
            {mayAssign && tab === "tasks" && (
              <Button className="force" onClick={props.onForce}>
                {t("new_force")}
              </Button>
            )}
          </div>
        )}
        <div className="tabs" role="tablist" aria-label={t("inbox")}>
          {TABS.map((one) => (
            <button key={one} type="button" role="tab" aria-selected={one === tab} onClick={() => onTab(one)}>
              {t(`tab_${one}`)}
              {count[one] !== null && <b>{number(count[one])}</b>}
            </button>
          ))}
        </div>
        {filters}
      </header>
      {shown.isPending && <Loading rows={8} />}
      {shown.error && <ProblemView problem={shown.error} onRetry={() => void shown.refetch()} />}
      {!shown.isPending && !shown.error && shown.items.length === 0 && (
        <Empty
          text={t(`empty_${tab}`, { n: data?.given_today ?? 0 })}
          {...(tab === "all" ? {} : { action: t("show_all"), onAction: () => onTab("all") })}
        />
      )}
      <ul className="items" ref={rows}>
        {tab === "tasks"
          ? tasks.items.map((one) => <TaskRow key={one.id} task={one} current={one.id === props.task} onOpen={() => onTask(one.id)} />)
          : found.items.map((one) => <OrderRow key={one.id} order={one} current={one.id === props.order} onOpen={() => onOrder(one.id)} />)}
        {shown.more && (
          <li className="more">
            <Button size="small" onClick={shown.more}>
              {t("more")}
            </Button>
          </li>
        )}
      </ul>
    </aside>
  );
}
