import { useCallback } from "react";
import { useLocation, useNavigate, useParams } from "react-router";
import "../theme/cases.css";
import { ADDRESS } from "../cases/address";
import { CaseInbox } from "../cases/CaseInbox";
import { CaseSummary } from "../cases/CaseSummary";
import { CaseView } from "../cases/CaseView";
import { useKeys } from "../ui/useKeys";
import { useUrlState } from "../url/useUrlState";

/** The cases: an inbox at the left, one case with its evidence and its way beside it. `/cases/{id}` leads to one. */
export default function CasesPage() {
  const [address, set] = useUrlState(ADDRESS);
  const rest = useParams()["*"] ?? "";
  const id = /^\d{1,15}$/.test(rest) ? Number(rest) : null;
  const navigate = useNavigate();
  const { search } = useLocation();
  const go = useCallback((to: number | null) => {
    const params = new URLSearchParams(search);
    params.delete("finding");
    const query = params.toString();
    void navigate(`/cases${to === null ? "" : `/${to}`}${query ? `?${query}` : ""}`);
  }, [navigate, search]);
  useKeys({ Escape: () => go(null) });
  return (
    <div className={id === null ? "cases-page" : "cases-page one"}>
      <CaseInbox address={address} set={set} current={id} onOpen={go} />
      {id === null ? <CaseSummary onPick={set} />
        : <CaseView id={id} address={address} set={set} onBack={() => go(null)} />}
    </div>
  );
}
