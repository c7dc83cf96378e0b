import { DownloadOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useState } from "react";
import { download } from "../api/download";
import { useT } from "../i18n";
import { PurposeDialog } from "../ui/Purpose";
import { ProblemView } from "../ui/states";
import { useKeys } from "../ui/useKeys";

/** Everything that matches, as JSON lines, each entry with its code; for a stated purpose. */
export function LogExport({ query }: { query: Record<string, string | number> }) {
  const t = useT("audit");
  const [asking, setAsking] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  useKeys({ x: () => setAsking(true) });
  const save = (purpose: string) => {
    setAsking(false);
    setProblem(null);
    const params = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
    download(`/api/v1/exports/audit.jsonl?${params.toString()}`, "audit.jsonl", purpose).catch(setProblem);
  };
  return (
    <>
      {problem !== null && <ProblemView problem={problem} />}
      <Button size="small" icon={<DownloadOutlined />} onClick={() => setAsking(true)}>{t("export_log")}</Button>
      <PurposeDialog open={asking} text={t("export_text")} onClose={() => setAsking(false)} onPurpose={save} />
    </>
  );
}
