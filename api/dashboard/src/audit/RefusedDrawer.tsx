import { Drawer } from "antd";
import { Link } from "react-router";
import { dayTimeS } from "../format/time";
import { useLang, useT, type Key } from "../i18n";
import { useMay } from "../session/session";
import { Pairs, Panel } from "../ui/Panel";
import { stateOf, type Refused } from "./Quarantine";
import { RawBytes } from "./RawBytes";
import { RetryButton } from "./RetryButton";
import { useAuditWords } from "./words";

interface Reason {
  code: string;
  field: string | null;
  detail: string;
}

/** One refused message: every reason, what to do about it, and the bytes as they came. */
export function RefusedDrawer({ refused, onClose }: { refused: Refused; onClose: () => void }) {
  const t = useT("audit");
  const lang = useLang();
  const words = useAuditWords();
  const mayRetry = useMay("retry_quarantine");
  const reasons = refused.reasons as unknown as Reason[];
  const open = refused.resolved_at === null;
  return (
    <Drawer open size={640} onClose={onClose} title={words.reason(refused.reason)} className="audit-drawer" mask={false} destroyOnHidden>
      <Pairs items={[
        [t("received_at"), dayTimeS(refused.received_at)],
        [t("topic"), <code key="t" className="long">{refused.topic}</code>],
        [t("kind"), t(`sample.${refused.kind}` as Key<"audit">)],
        [t("state"), `${t(stateOf(refused))}${refused.resolved_at ? ` ${dayTimeS(refused.resolved_at)}` : ""}`],
        [t("retries"), refused.retries],
      ]} />
      <Panel title={t("reason")}>
        <ul className="reasons">
          {reasons.map((one, index) => (
            <li key={`${one.code}-${one.field}-${index}`}>
              <b>{words.reason(one.code)}</b>{one.field && <> · {t("field")} <code>{one.field}</code></>}
              {lang === "en" ? <p>{one.detail}</p> : <details><summary>{t("server_words")}</summary>{one.detail}</details>}
            </li>
          ))}
        </ul>
      </Panel>
      {open && (
        <Panel title={t("what_to_do")}>
          <p className="quiet">{words.todo(refused.reason)}</p>
          <div className="buttons">
            {mayRetry ? <RetryButton id={refused.id} reason={refused.reason} /> : <span className="quiet">{t("retry_who")}</span>}
            {refused.unit && ["unknown_unit", "wrong_division"].includes(refused.reason) && (
              <Link to={`/registry/units?q=${encodeURIComponent(refused.unit)}`}>{t("see_units")}</Link>
            )}
          </div>
        </Panel>
      )}
      <RawBytes refused={refused} />
    </Drawer>
  );
}
