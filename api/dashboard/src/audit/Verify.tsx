import { Button, Progress } from "antd";
import { PrinterOutlined } from "@ant-design/icons";
import { number } from "../format/number";
import { dayTimeS } from "../format/time";
import { useT, type Key } from "../i18n";
import { Facts, Panel } from "../ui/Panel";
import { ProblemView } from "../ui/states";
import { Certificate } from "./Certificate";
import { ChainTable } from "./ChainTable";
import type { Check, Progress as Far, useCheck } from "./useCheck";

/** Whether the log is as it was written: asked of the server, with how far it is, and as a sheet to print. */
export function Verify({ check, running, problem, progress, start }: ReturnType<typeof useCheck>) {
  const t = useT("audit");
  return (
    <div className="audit-body verify">
      <Panel title={t("verify")} actions={(
        <div className="buttons">
          {check && !running && <Button icon={<PrinterOutlined />} onClick={() => window.print()}>{t("print")}</Button>}
          <Button type={check ? "default" : "primary"} loading={running} onClick={start}>{t(check ? "verify_again" : "verify_start")}</Button>
        </div>
      )}>
        <p className="quiet">{t("verify_text")}</p>
        {running && <HowFar of={progress} />}
        {problem !== null && !running && <ProblemView problem={problem} onRetry={start} />}
      </Panel>
      {check && !running && (
        <>
          <Verdict of={check} />
          {check.findings.length > 0 && <Findings of={check} />}
          <ChainTable chains={check.chains} />
          <p className="quiet">{t("trust")}</p>
          <Certificate check={check} />
        </>
      )}
    </div>
  );
}

function HowFar({ of }: { of: Far }) {
  const t = useT("audit");
  const percent = of.expected ? Math.min(99, Math.floor((of.checked / of.expected) * 100)) : 0;
  return (
    <div className="how-far" role="status">
      <Progress percent={percent} showInfo={false} aria-label={t("verifying")} status="normal" />
      <span>{of.expected === null ? t("checked_n", { n: number(of.checked) }) : t("checked_of",
        { n: number(of.checked), of: number(of.expected) })}</span>
    </div>
  );
}

function Verdict({ of }: { of: Check }) {
  const t = useT("audit");
  return (
    <section className={of.intact ? "check-verdict" : "check-verdict bad"} role={of.intact ? "status" : "alert"}>
      <svg viewBox="0 0 24 24" aria-hidden>
        {of.intact ? <path d="m4 12.5 5.5 5.5L20 7" /> : <path d="m6 6 12 12M18 6 6 18" />}
      </svg>
      <div>
        <h2>{t(of.intact ? "intact" : "broken")}</h2>
        <p>{of.intact ? t("intact_text", { n: number(of.checked) }) : t("broken_text", { n: number(of.findings.length) })}</p>
      </div>
      <Facts items={[
        [t("verified_at"), dayTimeS(of.at)], [t("entries"), number(of.checked)], [t("chains"), number(of.chains.length)],
        [t("anchors"), number(of.anchors)], [t("pending"), <span key="p" title={t("pending_text")}>{number(of.pending)}</span>],
      ]} />
    </section>
  );
}

function Findings({ of }: { of: Check }) {
  const t = useT("audit");
  return (
    <Panel title={t("findings")} note={number(of.findings.length)}>
      <table className="plain-table">
        <caption>{t("findings")}</caption>
        <thead>
          <tr>
            <th scope="col">{t("fault")}</th>
            <th scope="col">{t("chain")}</th>
            <th scope="col">{t("entries_from")}</th>
            <th scope="col">{t("says")}</th>
          </tr>
        </thead>
        <tbody>
          {of.findings.map((one, index) => (
            <tr key={`${one.fault}-${one.chain}-${one.first}-${index}`}>
              <th scope="row">{t(`fault.${one.fault}` as Key<"audit">)}</th>
              <td>{one.chain ?? "—"}</td>
              <td>{one.first === null ? "—" : one.first === one.last ? one.first : `${one.first}–${one.last}`}</td>
              <td lang="en">{one.message}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
