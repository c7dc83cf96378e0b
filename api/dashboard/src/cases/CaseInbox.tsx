import { Button } from "antd";
import { useEffect, useMemo, useRef, useState } from "react";
import { useList } from "../api/queries";
import { number } from "../format/number";
import { useT } from "../i18n";
import { useSession } from "../session/session";
import { Empty, Loading, ProblemView } from "../ui/states";
import { useKeys } from "../ui/useKeys";
import { listQuery, type CaseAddress, type SetCaseAddress } from "./address";
import { BulkAssign } from "./BulkAssign";
import { CaseFilters } from "./CaseFilters";
import { CaseRow } from "./CaseRow";
import { useSteady } from "./useSteady";

/** The cases that match, the worst first; `j` and `k` move, Enter opens, `x` chooses. */
export function CaseInbox({ address, set, current, onOpen }: {
  address: CaseAddress; set: SetCaseAddress; current: number | null; onOpen: (id: number) => void;
}) {
  const { me, may } = useSession();
  const t = useT("cases");
  const shell = useT("shell");
  const found = useList("/api/v1/cases", { ...listQuery(address, me.username), sort: address.sort }, { limit: 100 });
  const list = useRef<HTMLUListElement>(null);
  const [atTop, setAtTop] = useState(true);
  const { shown, waiting } = useSteady(found.items, atTop);
  const [at, setAt] = useState<number | null>(current);
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const decides = may("decide_cases");
  useEffect(() => setAt(current), [current]);

  const choose = (id: number) => setChosen((now) => {
    const next = new Set(now);
    if (!next.delete(id)) next.add(id);
    return next;
  });
  const keys = useMemo(() => {
    const move = (step: number) => {
      const index = shown.findIndex((one) => one.id === at);
      const next = shown[index < 0 ? 0 : Math.min(shown.length - 1, Math.max(0, index + step))];
      if (!next) return;
      setAt(next.id);
      list.current?.querySelector(`[data-case="${next.id}"]`)?.scrollIntoView({ block: "nearest" });
    };
    return {
      j: () => move(1), k: () => move(-1),
      x: () => { if (decides && at !== null) choose(at); },
      Enter: () => {
        // A button that has the focus answers to Enter itself.
        const held = document.activeElement;
        if (held instanceof HTMLButtonElement || held instanceof HTMLAnchorElement) held.click();
        else if (at !== null) onOpen(at);
      },
    };
  }, [shown, at, decides, onOpen]);
  useKeys(keys);

  return (
    <aside className="list" aria-label={t("inbox")}>
      <header>
        <div className="row">
          <h1>{t("inbox")}</h1>
          <span>{t("counted", { n: `${number(found.items.length)}${found.more ? "+" : ""}` })}</span>
        </div>
        <CaseFilters address={address} set={set} me={me.username} />
      </header>
      {found.isPending && <Loading rows={8} />}
      {found.error && <ProblemView problem={found.error} onRetry={() => void found.refetch()} />}
      {!found.isPending && !found.error && shown.length === 0 && (
        <Empty text={t("empty")} {...(address.state === "all" ? {} : { action: t("show_all"), onAction: () => set({ state: "all" }) })} />
      )}
      {waiting > 0 && (
        <button type="button" className="new-rows" onClick={() => { list.current?.scrollTo({ top: 0 }); setAtTop(true); }}>
          {t("new_rows", { n: waiting })}
        </button>
      )}
      <ul className="items" ref={list} onScroll={(event) => setAtTop(event.currentTarget.scrollTop < 8)}>
        {shown.map((one) => (
          <CaseRow key={one.id} one={one} open={one.id === current} focused={one.id === at} chosen={decides ? chosen.has(one.id) : null}
            onOpen={() => onOpen(one.id)} onChoose={() => choose(one.id)} />
        ))}
        {found.more && <li className="more"><Button size="small" onClick={found.more}>{shell("load_more")}</Button></li>}
      </ul>
      {chosen.size > 0 && <BulkAssign cases={[...chosen]} onDone={() => setChosen(new Set())} />}
      <footer className="keys-hint">{t("k_list")}</footer>
    </aside>
  );
}
