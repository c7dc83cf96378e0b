import { CloseOutlined } from "@ant-design/icons";
import { useEffect, useRef } from "react";
import { age } from "../format/time";
import { useLang, useT, useWord } from "../i18n";
import { fleet } from "../live/fleet";
import { serverNow, useFleetVersion } from "../live/useStream";
import { Plate, StateSymbol } from "../ui/marks";
import { useOrganNames } from "../ui/organs";

/** Vehicles on one spot, told apart: a list beside them. A car park is never a riddle. */
export function StackList({ ids, x, y, onPick, onClose }: {
  ids: readonly number[]; x: number; y: number; onPick: (id: number) => void; onClose: () => void;
}) {
  useFleetVersion();
  const box = useRef<HTMLDivElement>(null);
  const t = useT("map");
  const lang = useLang();
  const word = useWord();
  const names = useOrganNames();
  useEffect(() => box.current?.querySelector("button")?.focus(), [ids]);
  const shown = ids.map((id) => fleet.vehicles.get(id)).filter((one) => one !== undefined);
  const parent = box.current?.parentElement;
  const left = Math.min(x + 16, Math.max(8, (parent?.clientWidth ?? 800) - 336));
  const top = Math.min(y, Math.max(8, (parent?.clientHeight ?? 600) - 300));
  return (
    <div ref={box} className="stack-list" style={{ left, top }} role="dialog" aria-label={t("stack", { n: shown.length })}
      onKeyDown={(event) => event.key === "Escape" && (event.stopPropagation(), onClose())}>
      <div className="head">
        <b>{t("stack", { n: shown.length })}</b>
        <button type="button" className="x" aria-label={t("close")} onClick={onClose}><CloseOutlined /></button>
      </div>
      <ul>
        {shown.map(({ id, item, state, nev }) => (
          <li key={id}>
            <button type="button" onClick={() => onPick(id)}>
              <StateSymbol state={state} colour={nev ? "var(--nev)" : "var(--fuel)"} />
              <span><Plate plate={item.plate} /> <small>{names.get(item.organ_id)}</small></span>
              <small>{word("state", item.state)} · {age(item.observed_at, serverNow(), lang)}</small>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
