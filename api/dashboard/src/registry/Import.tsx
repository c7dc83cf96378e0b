import { Button, Checkbox, Modal, Radio, Upload } from "antd";
import { useState } from "react";
import type { Shape } from "../api/client";
import { save } from "../api/download";
import { send } from "../api/client";
import { Problem, problemOf } from "../api/problem";
import { invalidate } from "../api/queries";
import { number } from "../format/number";
import { useT } from "../i18n";
import { Steps } from "../ui/Steps";
import { ProblemView } from "../ui/states";
import { ImportReport } from "./ImportReport";
import { Preview } from "./Preview";
import { linesOf, refusedSheet } from "./sheet";

type Report = Shape<"ImportReport">;
const SHEETS = ["vehicles", "organs", "drivers"] as const;
type Sheet = (typeof SHEETS)[number];

/** A sheet in four steps: the file, its columns, what it would change, and the press that stores it. */
export function Import({ kind, onClose }: { kind: Sheet; onClose: () => void }) {
  const t = useT("registry");
  const [sheet, setSheet] = useState<Sheet>(kind);
  const [file, setFile] = useState<File | null>(null);
  const [head, setHead] = useState<string[][]>([]);
  const [report, setReport] = useState<Report | null>(null);
  const [partial, setPartial] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const step = report?.applied ? 4 : report ? 2 : file ? 1 : 0;
  const refused = report?.counts.refused ?? 0;
  const pick = async (picked: File) => {
    setReport(null);
    setProblem(null);
    setFile(picked);
    setHead((await linesOf(picked)).slice(0, 4));
  };
  const run = async (dry: boolean) => {
    if (!file) return;
    setBusy(true);
    setProblem(null);
    try {
      const address = `/api/v1/imports/${sheet}?dry_run=${dry}&partial=${partial}`;
      const answer = await send(new Request(address, { method: "POST", body: file, headers: { "Content-Type": "text/csv" } }));
      if (!answer.ok) throw await problemOf(answer);
      setReport((await answer.json()) as Report);
      if (!dry) invalidate(`/api/v1/${sheet}`);
    } catch (reason) {
      if (!(reason instanceof Problem)) throw reason;
      setProblem(reason);
    } finally {
      setBusy(false);
    }
  };
  const download = async () => {
    if (!file || !report) return;
    const refusedRows = report.items.filter((one) => one.outcome === "refused");
    save(await refusedSheet(file, refusedRows, t("why_refused")), `${sheet}-refused.csv`);
  };
  return (
    <Modal
      open
      onCancel={onClose}
      title={t("import")}
      width={880}
      destroyOnHidden
      footer={
        <div className="buttons end">
          {refused > 0 && <Button onClick={() => void download()}>{t("download_refused")}</Button>}
          {report && !report.applied && refused > 0 && (
            <Checkbox checked={partial} onChange={({ target }) => setPartial(target.checked)}>
              {t("partial")}
            </Checkbox>
          )}
          {step < 4 && (
            <Button type={report ? "default" : "primary"} disabled={!file} loading={busy} onClick={() => void run(true)}>
              {t("dry_run")}
            </Button>
          )}
          {report && !report.applied && (
            <Button type="primary" loading={busy} disabled={refused > 0 && !partial} onClick={() => void run(false)}>
              {t("store")}
            </Button>
          )}
          <Button onClick={onClose}>{t(report?.applied ? "done" : "cancel")}</Button>
        </div>
      }
    >
      <Steps labels={[t("step_file"), t("step_columns"), t("step_dry"), t("step_store")]} done={step} />
      {step === 0 && (
        <>
          <Radio.Group
            value={sheet}
            onChange={({ target }) => setSheet(target.value as Sheet)}
            options={SHEETS.map((value) => ({ value, label: t(`kind_${value}`) }))}
          />
          <Upload.Dragger
            accept=".csv,text/csv"
            showUploadList={false}
            beforeUpload={(picked) => {
              void pick(picked);
              return false;
            }}
          >
            <p>{t("drop_file")}</p>
            <p className="quiet">{t("file_text")}</p>
          </Upload.Dragger>
        </>
      )}
      {step === 1 && <Preview name={file?.name ?? ""} lines={head} onOther={() => setFile(null)} />}
      {problem && <ProblemView problem={problem} />}
      {report && (
        <p className="counts">
          {(["new", "changed", "unchanged", "refused"] as const).map((one) => (
            <span key={one}>
              {t(`out_${one}`)} <b>{number(report.counts[one] ?? 0)}</b>
            </span>
          ))}
          {report.applied && <b className="stored">{t("stored")}</b>}
        </p>
      )}
      {report && <ImportReport report={report} />}
    </Modal>
  );
}
