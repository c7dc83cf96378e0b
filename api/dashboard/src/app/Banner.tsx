import { Button } from "antd";
import { duration } from "../format/time";
import { useLang, useT } from "../i18n";
import { useLive } from "../live/useStream";

/** Says in one line that what is shown is not of now. */
export function Banner() {
  const { link, retryS, silenceS, store, health, hurry } = useLive();
  const t = useT("shell");
  const lang = useLang();
  if (link === "offline") {
    return (
      <div className="banner" role="alert">
        <span>{retryS > 0 ? t("offline_banner", { s: retryS }) : t("offline_now")}</span>
        <Button size="small" onClick={hurry}>{t("retry_now")}</Button>
      </div>
    );
  }
  if (link === "stale") {
    return <div className="banner" role="alert">{store !== "ok" ? t("store_banner") : t("stale_banner", { age: duration(silenceS, lang) })}</div>;
  }
  if (health === "stalled") return <div className="banner mild" role="status">{t("stalled_banner")}</div>;
  return null;
}
