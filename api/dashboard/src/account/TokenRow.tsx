import { Button, Popconfirm } from "antd";
import type { Shape } from "../api/client";
import { age, dayTime, isoDay } from "../format/time";
import { useLang, useT } from "../i18n";
import { serverNow } from "../live/useStream";
import { useCounties } from "../map/useCounties";
import { useOrganNames } from "../ui/organs";
import { periodWords } from "./tokens";

/** One token: what it is for, what it opens, how long, when it was used; those that ended stay for a day. */
export function TokenRow({ token, onRevoke }: { token: Shape<"TokenShown">; onRevoke: () => void }) {
  const t = useT("account");
  const lang = useLang();
  const organs = useOrganNames();
  const { name } = useCounties();
  const now = serverNow();
  const ended = token.revoked_at !== null || Date.parse(token.expires_at) <= now;
  const opens = [
    token.organ_id === null ? null : (organs.get(token.organ_id) ?? t("organ_n", { n: token.organ_id })),
    token.division === null ? null : name(token.division),
  ].filter((one) => one !== null);
  return (
    <li className={ended ? "ended" : ""}>
      <div>
        <b>{token.label ?? t("no_label")}</b>
        <small>
          {t(token.read_only ? "reads_only" : "reads_writes")} · {opens.length > 0 ? opens.join(" · ") : t("all_i_see")}
          {(token.from !== null || token.to !== null) && ` · ${t("data_of", { period: periodWords(token.from, token.to) })}`}
        </small>
        <small>
          {token.revoked_at !== null ? t("revoked_at", { time: dayTime(token.revoked_at) })
            : t(ended ? "expired_on" : "expires_on", { day: isoDay(token.expires_at) })}
          {" · "}{token.last_used_at === null ? t("never_used") : t("used", { age: age(token.last_used_at, now, lang) })}
        </small>
      </div>
      {!ended && (
        <Popconfirm title={t("revoke_text")} okText={t("revoke")} cancelText={t("cancel")} onConfirm={onRevoke}>
          <Button size="small">{t("revoke")}</Button>
        </Popconfirm>
      )}
    </li>
  );
}
