import { useT, useWord } from "../i18n";
import { zh as known } from "../i18n/zh/rights";
import { useSession, type Right } from "../session/session";
import { Pairs, Panel } from "../ui/Panel";

/** In the order of the work, not of the alphabet. */
const ORDER = Object.keys(known);
const READS = /^(read_|see_|unmask)/;
/** What everybody may. */
const ALWAYS: readonly Right[] = ["use_account", "change_own_account"];

/** Who is logged in, and what that account may see and do. */
export function WhoIAm() {
  const t = useT("account");
  const word = useWord();
  const { me } = useSession();
  const rights = me.rights.filter((one) => !ALWAYS.includes(one)).sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b));
  return (
    <Panel title={t("who")}>
      <Pairs items={[
        [t("name"), <b key="n">{me.username}</b>],
        [t("role"), word("role", me.role)],
        [t("organ"), me.organ?.name ?? t("whole_city")],
      ]} />
      <details className="rights">
        <summary>{t("rights")} <small>{t("rights_n", { n: rights.length })}</small></summary>
        <Rights title={t("reads")} of={rights.filter((one) => READS.test(one))} />
        <Rights title={t("does")} of={rights.filter((one) => !READS.test(one))} />
      </details>
    </Panel>
  );
}

function Rights({ title, of }: { title: string; of: readonly Right[] }) {
  const right = useT("rights");
  if (of.length === 0) return null;
  return (
    <>
      <h4>{title}</h4>
      <ul>{of.map((one) => <li key={one}>{right(one)}</li>)}</ul>
    </>
  );
}
