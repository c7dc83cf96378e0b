import { number } from "../format/number";
import { dayTime } from "../format/time";
import { useT } from "../i18n";
import { Panel } from "../ui/Panel";
import type { Check } from "./useCheck";

/** Every chain that was walked: how many entries, from when to when, and the code at its end. */
export function ChainTable({ chains }: { chains: Check["chains"] }) {
  const t = useT("audit");
  return (
    <Panel title={t("chains")} note={number(chains.length)}>
      <div className="scroll" tabIndex={0} role="region" aria-label={t("chains")}>
        <table className="plain-table">
          <caption>{t("chains")}</caption>
          <thead>
            <tr>
              <th scope="col" className="figure">{t("chain")}</th><th scope="col" className="figure">{t("entries")}</th>
              <th scope="col">{t("first_at")}</th><th scope="col">{t("last_at")}</th>
              <th scope="col" className="figure">{t("last_entry")}</th><th scope="col">{t("last_code")}</th>
            </tr>
          </thead>
          <tbody>
            {chains.map((one) => (
              <tr key={one.chain}>
                <th scope="row" className="figure">{one.chain}</th><td className="figure">{number(one.entries)}</td>
                <td>{one.first_at ? dayTime(one.first_at) : "—"}</td><td>{one.last_at ? dayTime(one.last_at) : "—"}</td>
                <td className="figure">{one.last_n}</td><td><code className="long">{one.last_code ?? "—"}</code></td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}
