import { Suspense } from "react";
import { useT } from "../i18n";
import { useSession } from "../session/session";
import { Loading } from "../ui/states";
import type { Entry } from "./routes";

/** One page, loaded when it is first opened; without the right a sentence instead, never the log-in. */
export function Page({ entry }: { entry: Entry }) {
  const { may, me } = useSession();
  const t = useT("shell");
  if (me.must_enrol && entry.right !== "use_account") {
    return <div className="notice"><h1>{t("must_enrol")}</h1><p>{t("must_enrol_text")}</p></div>;
  }
  if (!may(entry.right)) {
    return <div className="notice"><h1>{t("forbidden")}</h1><p>{t("forbidden_text", { right: entry.right })}</p></div>;
  }
  const Content = entry.page;
  return (
    <Suspense fallback={<Loading rows={10} />}>
      <Content />
    </Suspense>
  );
}
