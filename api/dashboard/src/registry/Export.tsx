import { App, Button } from "antd";
import { useState } from "react";
import { download } from "../api/download";
import { problemSentence } from "../api/problem";
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
      await download(`/api/v1/exports/${kind}.csv?headers=${lang}`, `${kind}.csv`, purpose);
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
