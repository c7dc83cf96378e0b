import { Drawer } from "antd";
import { Link } from "react-router";
import { useGet } from "../api/queries";
import { dayTime } from "../format/time";
import { useT, useWord } from "../i18n";
import { useSession } from "../session/session";
import { Conflict } from "../ui/Conflict";
import { Pairs } from "../ui/Panel";
import { ProblemView, Read } from "../ui/states";
import { keep, onePerson, type Person } from "./people";
import { PersonActs } from "./PersonActs";
import { useAct } from "./useAct";

/** One account: what it is, and what an administrator may do about it. One's own is changed on one's own page. */
export function PersonDrawer({ id, onClose }: { id: number; onClose: () => void }) {
  const t = useT("account");
  const word = useWord();
  const { me } = useSession();
  const found = useGet("/api/v1/accounts/{account_id}", onePerson(id), { placeholderData: undefined });
  const act = useAct();
  const organ = (one: Person) => one.organ?.name ?? t("whole_city");
  const state = (one: Person) => (one.disabled_at ? t("disabled_on", { day: dayTime(one.disabled_at) }) : t("works"));
  const facts = (one: Person) => [
    [t("role"), word("role", one.role)], [t("organ"), organ(one)], [t("state"), state(one)], [t("factor"), t(one.second_factor ? "is_on" : "is_off")],
  ] as const;
  return (
    <Drawer open size={440} onClose={onClose} title={found.data?.username ?? ""} mask={false} destroyOnHidden className="person-drawer">
      <Read of={found}>
        {(one) => (
          <>
            <Pairs items={[
              ...facts(one),
              [t("created"), dayTime(one.created_at)],
              ...(one.locked_until ? [[t("locked"), t("locked_until", { time: dayTime(one.locked_until) })] as const] : []),
            ]} />
            <p className="links"><Link to={`/audit/log?actor=${encodeURIComponent(one.username)}`}>{t("its_log")}</Link></p>
            {act.current && (
              <Conflict
                differences={facts(one).flatMap(([label, mine], index) => {
                  const theirs = act.current && facts(act.current)[index]?.[1];
                  return theirs === mine ? [] : [{ label, mine, theirs }];
                })}
                onTheirs={() => { if (act.current) keep(act.current); act.clear(); }}
              />
            )}
            {act.problem && (act.problem.status === 409 ? <p className="wrong" role="alert">{t("last_administrator")}</p>
              : <ProblemView problem={act.problem} />)}
            {one.username === me.username ? <p className="quiet">{t("is_oneself")}</p> : <PersonActs person={one} act={act} />}
          </>
        )}
      </Read>
    </Drawer>
  );
}
