import { App, Button } from "antd";
import { useState } from "react";
import { purposeHeader, send } from "../api/client";
import { problemOf, problemSentence } from "../api/problem";
import { useLang, useT } from "../i18n";
import { PurposeDialog } from "../ui/Purpose";

/** The sheet of what the account sees; why it is taken goes into the audit log first. */
export function Export({ kind }: { kind: "vehicles" | "organs" | "drivers" }) {
  const t = useT("registry");
  const lang = useLang();
  const { message } = App.useApp();
  const [asking, setAsking] = useState(false);
  const take = async (purpose: string) => {
    setAsking(false);
    try {
      const answer = await send(new Request(`/api/v1/exports/${kind}.csv?headers=${lang}`, { headers: purposeHeader(purpose) }));
      if (!answer.ok) throw await problemOf(answer);
      const link = document.createElement("a");
      link.href = URL.createObjectURL(await answer.blob());
      link.download = `${kind}.csv`;
      link.click();
      URL.revokeObjectURL(link.href);
    } catch (reason) {
      void message.error(problemSentence(reason, lang));
    }
  };
  return (
    <>
      <Button onClick={() => setAsking(true)}>{t("export")}</Button>
      <PurposeDialog open={asking} text={t("export_text")} onPurpose={(purpose) => void take(purpose)} onClose={() => setAsking(false)} />
    </>
  );
}
