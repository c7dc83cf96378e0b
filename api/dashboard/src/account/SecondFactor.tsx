import { App, Button } from "antd";
import { useState } from "react";
import { api, data, type Shape } from "../api/client";
import { invalidate, useGet } from "../api/queries";
import { useT } from "../i18n";
import { useSession } from "../session/session";
import { Panel } from "../ui/Panel";
import { ProblemView, Read } from "../ui/states";
import { CodeForm } from "./CodeForm";
import { Enrolment } from "./Enrolment";
import { RecoveryCodes } from "./RecoveryCodes";

const ADDRESS = "/api/v1/auth/totp";

/** Sets the second factor up, shows its recovery codes once, and switches it off for a code. */
export function SecondFactor() {
  const t = useT("account");
  const { me } = useSession();
  const { message } = App.useApp();
  const state = useGet(ADDRESS, {});
  const [enrolment, setEnrolment] = useState<Shape<"Enrolment"> | null>(null);
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const [removing, setRemoving] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const begin = () => {
    setProblem(null);
    setBusy(true);
    data(api.POST("/api/v1/auth/totp")).then(setEnrolment, setProblem).finally(() => setBusy(false));
  };
  const confirm = async (code: string) => {
    const told = await data(api.POST("/api/v1/auth/totp/confirm", { body: { code } }));
    setEnrolment(null);
    setCodes(told.recovery_codes);
    invalidate(ADDRESS);
    void message.success(t("on_now"));
  };
  const remove = async (code: string) => {
    await data(api.POST("/api/v1/auth/totp/remove", { body: { code } }));
    setRemoving(false);
    invalidate(ADDRESS);
    void message.success(t("off_now"));
  };
  // A role that needs the second factor may do the rest from now on: its session is asked for anew.
  const kept = () => (me.must_enrol ? window.location.assign("/") : setCodes(null));
  return (
    <Panel title={t("factor")} note={state.data && t(state.data.enrolled ? "is_on" : "is_off")}>
      {problem !== null && <ProblemView problem={problem} />}
      {codes !== null && <RecoveryCodes codes={codes} onKept={kept} />}
      {enrolment !== null && <Enrolment of={enrolment} onCode={confirm} onCancel={() => setEnrolment(null)} />}
      {codes === null && enrolment === null && (
        <Read of={state} rows={1}>
          {(found) => (
            <>
              <p className="quiet">{t("factor_text")}</p>
              {found.enrolled && <p>{found.recovery_codes_left > 0 ? t("codes_left", { n: found.recovery_codes_left }) : t("no_codes_left")}</p>}
              {removing && <CodeForm label={t("remove_text")} action={t("remove")} onCode={remove} onCancel={() => setRemoving(false)} />}
              {!removing && found.enrolled && <Button onClick={() => setRemoving(true)}>{t("remove")}</Button>}
              {!found.enrolled && <Button type={me.must_enrol ? "primary" : "default"} loading={busy} onClick={begin}>{t("set_up")}</Button>}
            </>
          )}
        </Read>
      )}
    </Panel>
  );
}
