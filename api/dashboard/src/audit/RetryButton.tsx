import { App, Button, Popconfirm } from "antd";
import { useState } from "react";
import { api, data } from "../api/client";
import { invalidate } from "../api/queries";
import { number } from "../format/number";
import { useT } from "../i18n";
import { serverNow } from "../live/useStream";
import { ProblemView } from "../ui/states";
import { useAuditWords } from "./words";

const SOON_MS = 1500;

/** Has one refused message tried again, or all of a reason that came up to now; ingest takes them up within a second. */
export function RetryButton({ id, reason }: { id?: number; reason: string }) {
  const t = useT("audit");
  const words = useAuditWords();
  const { message } = App.useApp();
  const [problem, setProblem] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const retry = async () => {
    setProblem(null);
    setBusy(true);
    const body = id === undefined ? { reason, before: new Date(serverNow()).toISOString() } : { ids: [id] };
    try {
      const { requested } = await data(api.POST("/api/v1/quarantine/retry", { body }));
      void message.success(requested > 0 ? t("retry_asked", { n: number(requested) }) : t("retry_none"));
      invalidate("/api/v1/quarantine");
      window.setTimeout(() => ["/api/v1/quarantine", "/api/v1/ledger"].forEach(invalidate), SOON_MS);
    } catch (reason_) {
      setProblem(reason_);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      {problem !== null && <ProblemView problem={problem} />}
      <Popconfirm title={t("retry_title")} description={<span className="retry-sure">{t("retry_sure")}</span>} okText={t("retry_title")}
        onConfirm={() => void retry()}>
        <Button size="small" type={id === undefined ? "default" : "primary"} loading={busy}>
          {id === undefined ? t("retry_reason", { reason: words.reason(reason) }) : t("retry_one")}
        </Button>
      </Popconfirm>
    </>
  );
}
