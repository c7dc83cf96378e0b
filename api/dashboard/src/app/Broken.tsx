import { Button } from "antd";
import { useRouteError } from "react-router";
import { useT } from "../i18n";

/** What stands in the place of a page that failed: an own fault, or a build that is no longer there. */
export function Broken() {
  const t = useT("shell");
  const error = useRouteError();
  return (
    <div className="notice" role="alert">
      <h1>{t("broken")}</h1>
      <p>{t("broken_text")}</p>
      <Button type="primary" onClick={() => window.location.reload()}>{t("reload")}</Button>
      <details>
        <summary>{t("details")}</summary>
        {error instanceof Error ? error.message : String(error)}
      </details>
    </div>
  );
}
