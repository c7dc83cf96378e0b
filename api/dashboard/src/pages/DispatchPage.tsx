import { useCallback, useState } from "react";
import { useLocation, useNavigate, useParams } from "react-router";
import { EmergencyDialog } from "../dispatch/EmergencyDialog";
import { ForceDrawer } from "../dispatch/ForceDrawer";
import { ForceView } from "../dispatch/ForceView";
import { Inbox } from "../dispatch/Inbox";
import { InboxFilters, STATES } from "../dispatch/InboxFilters";
import { TABS, type Order, type Tab } from "../dispatch/model";
import { OrderDrawer } from "../dispatch/OrderDrawer";
import { OrderView } from "../dispatch/OrderView";
import { Today } from "../dispatch/Today";
import "../theme/dispatch.css";
import { useT } from "../i18n";
import { useSession } from "../session/session";
import { useKeys } from "../ui/useKeys";
import { oneOf, some, text, useUrlState, whole } from "../url/useUrlState";

const ADDRESS = { tab: text(), organ: whole(), state: some(STATES), number: text(), from: text(), to: text() };
const TAB = oneOf(TABS, "approve");

/** The dispatch desk: what waits, one order or task force, and whom to send. */
export default function DispatchPage() {
  const t = useT("dispatch");
  const { me, may } = useSession();
  const [address, setAddress] = useUrlState(ADDRESS);
  const [making, setMaking] = useState<"order" | "emergency" | "force" | Order | null>(null);
  const { "*": rest = "" } = useParams();
  const { search } = useLocation();
  const navigate = useNavigate();
  const [, kind, id] = /^(orders|tasks)\/(\d{1,9})$/.exec(rest) ?? [];
  const order = kind === "orders" ? Number(id) : null;
  const task = kind === "tasks" ? Number(id) : null;
  // Who approves begins with what waits for an approval, who dispatches with what waits for a vehicle.
  const usual: Tab = task !== null ? "tasks" : may("assign_vehicles") ? "assign" : "approve";
  const tab = TAB.read(address.tab) ?? usual;
  const go = useCallback((path: string) => void navigate(`/dispatch${path}${search}`), [navigate, search]);
  const toTab = (next: Tab) =>
    void navigate({
      pathname: "/dispatch",
      search: new URLSearchParams({ tab: next, ...(address.organ ? { organ: String(address.organ) } : {}) }).toString(),
    });
  const mayApply = may("apply_for_vehicles");
  useKeys({
        Escape: () => go(""),
        ...(mayApply ? { o: () => setMaking("order"), e: () => setMaking("emergency") } : {}),
        j: () => stepRow(1),
        k: () => stepRow(-1),
      });
  const shown = order !== null || task !== null;
  const opened = (made: Order) => {
    setMaking(null);
    go(`/orders/${made.id}`);
  };
  return (
    <div className={shown ? "dispatch-page open" : "dispatch-page"}>
      <Inbox
        tab={tab}
        asked={address}
        order={order}
        task={task}
        onTab={toTab}
        onOrder={(one) => go(`/orders/${one}`)}
        onTask={(one) => go(`/tasks/${one}`)}
        onNew={() => setMaking("order")}
        onEmergency={() => setMaking("emergency")}
        onForce={() => setMaking("force")}
        filters={<InboxFilters tab={tab} asked={address} organs={me.organ === null} onAsk={setAddress} />}
      />
      {order !== null && <OrderView id={order} onBack={() => go("")} onEdit={setMaking} />}
      {task !== null && <ForceView id={task} onBack={() => go("")} />}
      {!shown && <Today organ={address.organ} label={t("nothing_open")} onTab={toTab} />}
      {(making === "order" || (typeof making === "object" && making !== null)) && (
        <OrderDrawer draft={making === "order" ? null : making} onDone={opened} onClose={() => setMaking(null)} />
      )}
      {making === "emergency" && <EmergencyDialog onDone={opened} onClose={() => setMaking(null)} />}
      {making === "force" && (
        <ForceDrawer
          onClose={() => setMaking(null)}
          onDone={(made) => {
            setMaking(null);
            go(`/tasks/${made}`);
          }}
        />
      )}
    </div>
  );
}

/** The next or the previous row of the inbox takes the focus and opens. */
function stepRow(by: number): void {
  const rows = [...document.querySelectorAll<HTMLButtonElement>(".inbox .order-row")];
  const at = rows.findIndex((one) => one.getAttribute("aria-current") === "true");
  const next = rows[Math.min(rows.length - 1, Math.max(0, at + by))];
  next?.focus();
  next?.click();
}
