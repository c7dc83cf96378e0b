import { number } from "../format/number";
import { dayTimeS } from "../format/time";
import { useT, useWord, type Key } from "../i18n";
import { useSession } from "../session/session";
import type { Check } from "./useCheck";

/** The check on paper: who asked, when, what was walked and where each chain ended; an anchor that lies elsewhere. */
export function Certificate({ check }: { check: Check }) {
  const t = useT("audit");
  const shell = useT("shell");
  const word = useWord();
  const { me } = useSession();
  const body = check.intact ? "cert_body_good" : "cert_body_bad";
  return (
    <article className="certificate" aria-hidden>
      <header>{shell("product")} · {shell("city")}</header>
      <h1>{t("certificate")}</h1>
      <p>{t(body, { time: dayTimeS(check.at), n: number(check.checked), found: number(check.findings.length) })}</p>
      <dl>
        <dt>{t("cert_person")}</dt><dd>{me.username}{me.organ ? ` · ${me.organ.name}` : ""}</dd>
        <dt>{t("cert_role")}</dt><dd>{word("role", me.role)}</dd>
        <dt>{t("verified_at")}</dt><dd>{dayTimeS(check.at)}</dd>
        <dt>{t("anchors")}</dt><dd>{number(check.anchors)}</dd>
        <dt>{t("pending")}</dt><dd>{number(check.pending)}</dd>
        <dt>{t("cert_place")}</dt><dd>{window.location.origin}</dd>
      </dl>
      {check.findings.length > 0 && (
        <ul>{check.findings.map((one) => <li key={one.message}>{t(`fault.${one.fault}` as Key<"audit">)}: <span
          lang="en">{one.message}</span></li>)}</ul>
      )}
      <table>
        <thead>
          <tr>
            <th>{t("chain")}</th>
            <th>{t("entries")}</th>
            <th>{t("last_at")}</th>
            <th>{t("chain")}:{t("last_entry")}:{t("last_code")}</th>
          </tr>
        </thead>
        <tbody>
          {check.chains.map((one) => (
            <tr key={one.chain}>
              <td>{one.chain}</td><td>{number(one.entries)}</td><td>{one.last_at ? dayTimeS(one.last_at) : "—"}</td>
              <td><code>{one.last_code === null ? "—" : `${one.chain}:${one.last_n}:${one.last_code}`}</code></td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="later">{t("cert_later")}</p>
      <footer><span>{t("cert_sign")}</span><span>{t("cert_date")}</span></footer>
    </article>
  );
}
