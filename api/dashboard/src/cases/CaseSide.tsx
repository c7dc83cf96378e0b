import { Button } from "antd";
import { DownloadOutlined, EnvironmentOutlined, HistoryOutlined } from "@ant-design/icons";
import { useState } from "react";
import { useNavigate } from "react-router";
import { download } from "../api/download";
import { dayTime } from "../format/time";
import { useLang, useT, useWord } from "../i18n";
import { useMay } from "../session/session";
import { Pairs, Panel } from "../ui/Panel";
import { PurposeDialog } from "../ui/Purpose";
import { ProblemView } from "../ui/states";
import { Steps } from "../ui/Steps";
import { useKeys } from "../ui/useKeys";
import { CaseActions } from "./CaseActions";
import { CaseHistory } from "./CaseHistory";
import type { Case } from "./shapes";
import { windowOf } from "./shapes";
import { stage } from "./steps";

/** Where the case stands, what may be done, who did what. */
export function CaseSide({ one, moment }: { one: Case; moment: number | null }) {
  const t = useT("cases");
  const word = useWord();
  const lang = useLang();
  const navigate = useNavigate();
  const mayTrips = useMay("read_trips");
  const [asking, setAsking] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const { done, stopped } = stage(one.state);
  const proven = one.evidence.find((finding) => finding.withdrawn_at === null) ?? one.evidence[0];
  const place = proven?.readings.find((reading) => reading.lat !== null);
  const toMap = () =>
    void navigate(`/map?vehicle=${one.vehicle_id}&case=${one.id}${place ? `&at=${place.lon?.toFixed(4)},${place.lat?.toFixed(4)},13` : ""}`);
  const toReplay = () => {
    const { from, to } = windowOf(one, Date.now());
    const at = moment ?? (proven?.proven_at ? Date.parse(proven.proven_at) : from);
    const [begin, end, now] = [from, to, at].map((moment) => new Date(moment).toISOString());
    void navigate(`/history?vehicles=${one.vehicle_id}&from=${begin}&to=${end}&at=${now}`);
  };
  useKeys({ m: toMap, ...(mayTrips ? { w: toReplay } : {}) });
  const save = (purpose: string) => {
    setAsking(false);
    setProblem(null);
    download(`/api/v1/cases/${one.id}/evidence`, `${one.number}.zip`, purpose).catch(setProblem);
  };
  const names = (command: string) => [...new Set(one.history.filter((step) => step.command === command).map((step) => step.by ?? t("service")))];
  const listed = (found: string[]) => (found.length > 0 ? found.join(lang === "zh" ? "、" : ", ") : t("eyes_none"));
  const stateName = one.state === "confirmed" || one.state === "dismissed" ? word("case", one.state) : t("step_decided");
  return (
    <aside className="side" aria-label={t("state")}>
      <Panel title={t("state")} note={word("case", one.state)}>
        <Steps done={done} stopped={stopped} labels={[t("step_open"), t("step_assigned"), t("step_explained"), stateName, t("step_closed")]} />
        <Pairs items={[
          [t("assignee"), one.assignee ?? t("nobody")],
          ...(one.due_at === null ? [] : [[t("due"), <>{dayTime(one.due_at)}{one.overdue && <em className="late">{t("overdue")}</em>}</>] as const]),
          ...(one.escalated_at === null ? [] : [["", t("escalated", { time: dayTime(one.escalated_at) })] as const]),
        ]} />
        <CaseActions one={one} />
      </Panel>
      <Panel title={t("four_eyes")}>
        <p className="quiet">{t("eyes_text")}</p>
        <p className="eyes">
          <span>{t("eyes_explained", { who: listed(names("explain")) })}</span>
          <span>{t("eyes_decided", { who: listed([...names("confirm"), ...names("dismiss")]) })}</span>
        </p>
      </Panel>
      <Panel title={t("history")}><CaseHistory steps={one.history} /></Panel>
      <div className="take-along">
        <Button icon={<EnvironmentOutlined />} onClick={toMap}>{t("on_map")}<kbd>m</kbd></Button>
        {mayTrips && <Button icon={<HistoryOutlined />} onClick={toReplay}>{t("replay")}<kbd>w</kbd></Button>}
        <Button icon={<DownloadOutlined />} onClick={() => setAsking(true)}>{t("evidence_file")}</Button>
        {problem !== null && <ProblemView problem={problem} />}
      </div>
      <PurposeDialog open={asking} onPurpose={save} onClose={() => setAsking(false)} />
    </aside>
  );
}
