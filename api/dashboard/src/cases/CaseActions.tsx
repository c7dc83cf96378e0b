import { Button, Tooltip } from "antd";
import { useEffect, useRef, useState } from "react";
import { useT, useWord } from "../i18n";
import { useSession } from "../session/session";
import { useKeys } from "../ui/useKeys";
import { Refused } from "./Refused";
import type { Case, Command } from "./shapes";
import { StepDialog, type DialogKind, type StepForm } from "./StepDialog";
import { whyNot } from "./steps";
import { useStep } from "./useStep";

const RIGHT = { assign: "decide_cases", explain: "explain_cases", confirm: "decide_cases", dismiss: "decide_cases", close: "decide_cases",
  reopen: "decide_cases", comment: "comment_cases" } as const;
const KEYS: Partial<Record<DialogKind, string>> = { ask: "e", explain: "e", confirm: "c", dismiss: "d" };

/** What the person may do with the case now; what not, with the reason in words. */
export function CaseActions({ one }: { one: Case }) {
  const { me, may } = useSession();
  const t = useT("cases");
  const word = useWord();
  const { take, busy, problem, forget } = useStep(one);
  const [dialog, setDialog] = useState<DialogKind | null>(null);
  const seen = useRef(one);
  const last = useRef<StepForm | null>(null);
  useEffect(() => { if (dialog === null) seen.current = one; }, [one, dialog]);

  const command = (kind: DialogKind): Command => (kind === "ask" ? "assign" : kind);
  const open = (kind: DialogKind) => {
    if (whyNot(one, command(kind), me)) return;
    seen.current = one;
    forget();
    setDialog(kind);
  };
  const submit = (form: StepForm, version?: number) => {
    if (dialog === null) return;
    last.current = form;
    void take(command(dialog), form, version ?? seen.current.version).then((done) => done && setDialog(null));
  };
  const takeIt = () => void (whyNot(one, "assign", me) ?? take("assign", { assignee: me.username, why: "", explainBy: null }));
  const decides = may("decide_cases");
  const explains = may("explain_cases");
  useKeys({
    ...(decides ? { i: takeIt, e: () => open("ask"), c: () => open("confirm"), d: () => open("dismiss") } : {}),
    ...(explains ? { e: () => open("explain") } : {}),
  });

  const button = (kind: DialogKind, primary = false) => {
    const not = whyNot(one, command(kind), me);
    const says = not && t(not, { state: word("case", one.state), step: t(kind) });
    const key = KEYS[kind];
    return (
      <Tooltip key={kind} title={says ?? ""}>
        <Button className={kind === "confirm" || kind === "dismiss" ? "decides" : ""} type={primary && !not ? "primary" : "default"}
          disabled={not !== null} onClick={() => open(kind)}>
          {t(kind)}{key && <kbd>{key}</kbd>}
        </Button>
      </Tooltip>
    );
  };
  const shown = (["confirm", "dismiss", "ask", "assign", "explain", "close", "reopen", "comment"] as const)
    .filter((kind) => may(RIGHT[command(kind)]))
    // Closing and reopening are of no use before a decision; nor is deciding after it.
    .filter((kind) => (kind === "close" || kind === "reopen") === !["open", "assigned", "explained"].includes(one.state) || kind === "comment");
  if (shown.length === 0) return null;
  const reasons = [...new Set(shown.flatMap((kind) => {
    const not = whyNot(one, command(kind), me);
    return not ? [t(not, { state: word("case", one.state), step: t(kind) })] : [];
  }))];
  return (
    <div className="actions">
      <div className="buttons">
        {decides && ["open", "assigned", "explained"].includes(one.state) && one.assignee !== me.username && (
          <Button type={one.state === "open" ? "primary" : "default"} loading={busy} disabled={whyNot(one, "assign", me) !== null} onClick={takeIt}>
            {t("take")}<kbd>i</kbd>
          </Button>
        )}
        {shown.map((kind) => button(kind, kind === "explain" || kind === "close"))}
      </div>
      {reasons.length > 0 && <ul className="nots">{reasons.map((reason) => <li key={reason}>{reason}</li>)}</ul>}
      {decides && <p className="desk-only">{t("desk_only")}</p>}
      {problem && dialog === null && <Refused problem={problem} seen={seen.current} now={one} onAnyway={forget} />}
      {dialog !== null && (
        <StepDialog kind={dialog} organ={one.organ_id} busy={busy} onClose={() => setDialog(null)} onSubmit={(form) => submit(form)}
          problem={problem && (
            <Refused problem={problem} seen={seen.current} now={one} onAnyway={() => last.current && submit(last.current, one.version)} />
          )} />
      )}
    </div>
  );
}
