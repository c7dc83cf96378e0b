import { Modal } from "antd";
import { useCallback, useEffect, useMemo, useState, type ReactNode } from "react";
import { useLocation, useNavigate } from "react-router";
import { api, data, isProblem, onSessionEnd, signOut } from "../api/client";
import { queryClient } from "../api/queries";
import { useT } from "../i18n";
import { LogInForm } from "./LogInForm";
import { SessionContext, type Me, type Right, type Session } from "./session";

/** Asks who is logged in; without anybody leads to the log-in. A session that ends gets a layer, the page stays. */
export function SessionGate({ children, failed }: { children: ReactNode; failed: (retry: () => void) => ReactNode }) {
  const [me, setMe] = useState<Me | null>(null);
  const [ended, setEnded] = useState(false);
  const [unreachable, setUnreachable] = useState(false);
  const [tries, setTries] = useState(0);
  const navigate = useNavigate();
  const location = useLocation();
  const t = useT("shell");
  const here = location.pathname + location.search;

  const toLogIn = useCallback(
    () => void navigate(`/login?next=${encodeURIComponent(here)}`, { replace: true }),
    [navigate, here],
  );
  useEffect(() => {
    if (me) return;
    setUnreachable(false);
    data(api.GET("/api/v1/me")).then(setMe, (reason) => (isProblem(reason, 401) ? toLogIn() : setUnreachable(true)));
    // The address of the first visit is where the log-in leads back to.
  }, [me, tries]);
  useEffect(() => onSessionEnd(() => setEnded(me !== null)), [me]);

  const session = useMemo<Session | null>(() => {
    if (!me) return null;
    const rights = new Set<Right>(me.rights);
    const leave = () => {
      void signOut().finally(() => {
        queryClient.clear();
        window.location.assign("/login");
      });
    };
    return { me, may: (right) => rights.has(right), leave };
  }, [me]);

  const back = (now: Me) => {
    // Somebody else at the same screen must not go on in the work of the one before.
    if (me && now.username !== me.username) window.location.assign("/");
    setEnded(false);
    setMe(now);
    void queryClient.invalidateQueries();
  };

  if (unreachable) return failed(() => setTries(tries + 1));
  if (!session) return null;
  return (
    <SessionContext value={session}>
      {children}
      <Modal open={ended} title={t("session_ended")} closable={false} footer={null} width={400} keyboard={false} destroyOnHidden>
        <p className="quiet">{t("session_ended_text")}</p>
        <LogInForm username={session.me.username} done={back} />
      </Modal>
    </SessionContext>
  );
}
