import { useList } from "../api/queries";
import { age } from "../format/time";
import { useLang, useT, useWord } from "../i18n";
import { serverNow } from "../live/useStream";
import { Severity } from "../ui/marks";
import { Panel } from "../ui/Panel";

/** The cases of one vehicle, newest first. */
export function VehicleCases({ id }: { id: number }) {
  const cases = useList("/api/v1/cases", { vehicle: id }, { limit: 10 });
  const t = useT("map");
  const word = useWord();
  const lang = useLang();
  if (cases.items.length === 0) return null;
  return (
    <Panel title={t("cases")} note={cases.more ? "10+" : cases.items.length}>
      <ul className="mini">
        {cases.items.map((one) => (
          <li key={one.id} title={one.number}>
            <Severity severity={one.severity} />
            <span>
              {one.rules.map((rule) => (lang === "zh" ? rule.title_zh : rule.title_en)).join(" · ")}
              <small>{word("case", one.state)}</small>
            </span>
            <span>{age(one.opened_at, serverNow(), lang)}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
