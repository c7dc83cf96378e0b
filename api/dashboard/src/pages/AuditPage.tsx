import { useMemo } from "react";
import { Navigate, NavLink, useLocation, useNavigate, useParams } from "react-router";
import "../theme/audit.css";
import { ADDRESS, TABS, type Tab } from "../audit/address";
import { Gaps } from "../audit/Gaps";
import { Ledger } from "../audit/Ledger";
import { Log } from "../audit/Log";
import { Quarantine } from "../audit/Quarantine";
import { useCheck } from "../audit/useCheck";
import { Verify } from "../audit/Verify";
import { number } from "../format/number";
import { dayTime } from "../format/time";
import { useT } from "../i18n";
import { useSession } from "../session/session";
import { useKeys } from "../ui/useKeys";
import { useUrlState } from "../url/useUrlState";

/** Audit: that nothing was lost, changed, or looked at without a reason, for whoever checks from outside. */
export default function AuditPage() {
  const t = useT("audit");
  const { may } = useSession();
  const [address, set] = useUrlState(ADDRESS);
  const navigate = useNavigate();
  const { search } = useLocation();
  const check = useCheck();
  const wanted = useParams()["*"] ?? "";
  const open = useMemo(() => (Object.keys(TABS) as Tab[]).filter((tab) => TABS[tab].every(may)), [may]);
  const tab = open.find((one) => one === wanted);
  const turn = (by: number) => {
    const next = tab && open[(open.indexOf(tab) + by + open.length) % open.length];
    if (next) void navigate(`/audit/${next}`);
  };
  useKeys({
    "[": () => turn(-1),
    "]": () => turn(1),
    j: firstRow,
    ...(open.includes("verify") ? { y: () => { void navigate("/audit/verify"); if (!check.running) check.start(); } } : {}),
  });
  if (!tab) return open[0] ? <Navigate to={`/audit/${open[0]}${search}`} replace /> : null;
  return (
    <div className="audit-page">
      <header className="audit-tabs">
        <h1>{t("title")}</h1>
        <nav aria-label={t("title")}>{open.map((one) => <NavLink key={one} to={`/audit/${one}`}>{t(`tab_${one}`)}</NavLink>)}</nav>
        <span className="push" />
        {open.includes("verify") && <State of={check.check} />}
      </header>
      {tab === "log" && <Log address={address} set={set} />}
      {tab === "ledger" && <Ledger address={address} set={set} />}
      {tab === "gaps" && <Gaps address={address} set={set} />}
      {tab === "quarantine" && <Quarantine address={address} set={set} />}
      {tab === "verify" && <Verify {...check} />}
    </div>
  );
}

/** What the last check of this browser found. */
function State({ of }: { of: ReturnType<typeof useCheck>["check"] }) {
  const t = useT("audit");
  if (!of) return <span className="chain-state">{t("chain_unchecked")}</span>;
  const time = dayTime(of.at);
  return of.intact ? <span className="chain-state">{t("chain_intact", { n: number(of.checked), time })}</span>
    : <span className="chain-state bad">{t("chain_broken", { n: number(of.findings.length), time })}</span>;
}

/** From anywhere on the page into its list; from then on the rows take `j` and `k`. */
function firstRow(): void {
  document.querySelector<HTMLElement>(".audit-body tr.ant-table-row")?.focus();
}
