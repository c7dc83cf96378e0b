import { Suspense } from "react";
import { Link } from "react-router";
import { useT } from "../i18n";
import { useSession } from "../session/session";
import { Loading } from "../ui/states";
import type { Entry } from "./routes";

/** One page, loaded when it is first opened; without the right a sentence instead, never the log-in. */
export function Page({ entry }: { entry: Entry }) {
  const { may, me } = useSession();
  const t = useT("shell");
  const right = useT("rights");
  if (me.must_enrol && entry.right !== "use_account") {
    return (
      <div className="notice">
        <h1>{t("must_enrol")}</h1>
        <p>{t("must_enrol_text")}</p>
        <p><Link to="/account">{t("must_enrol_go")}</Link></p>
      </div>
    );
  }
  if (!may(entry.right)) {
    return <div className="notice"><h1>{t("forbidden")}</h1><p>{t("forbidden_text", { right: right(entry.right) })}</p></div>;
  }
  const Content = entry.page;
  return (
    <Suspense fallback={<Loading rows={10} />}>
      <Content />
    </Suspense>
  );
}
