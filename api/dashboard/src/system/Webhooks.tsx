import { App, Button } from "antd";
import { useState } from "react";
import { api, data, type Shape } from "../api/client";
import { invalidate, useGet } from "../api/queries";
import { number } from "../format/number";
import { useT } from "../i18n";
import { useMay } from "../session/session";
import { Facts, Panel } from "../ui/Panel";
import { ProblemView, Read } from "../ui/states";

/** How other systems are told of cases; one's own webhooks with what was given up, to be sent again. */
export function Webhooks({ counts }: { counts: Shape<"WebhooksShown"> }) {
  const t = useT("system");
  const may = useMay("manage_webhooks");
  return (
    <Panel title={t("webhooks")} note={counts.dead > 0 ? t("hooks_note") : undefined}>
      <Facts columns={2} items={[
        [t("active"), number(counts.active)], [t("stopped"), number(counts.stopped)],
        [t("retrying"), number(counts.waiting)], [t("dead"), number(counts.dead)],
      ]} />
      {may && <Mine />}
    </Panel>
  );
}

function Mine() {
  const t = useT("system");
  const { message } = App.useApp();
  const [problem, setProblem] = useState<unknown>(null);
  const hooks = useGet("/api/v1/webhooks", {}, { refetchInterval: 15_000 });
  const resend = async (id: number) => {
    setProblem(null);
    try {
      const told = await data(api.POST("/api/v1/webhooks/{webhook_id}/resend", { params: { path: { webhook_id: id } }, body: {} }));
      void message.success(t("resent", { n: number(told.ids.length) }));
      invalidate("/api/v1/webhooks");
    } catch (reason) {
      setProblem(reason);
    }
  };
  return (
    <Read of={hooks} rows={2}>
      {({ items }) => (items.length === 0 ? <p className="quiet">{t("no_hooks")}</p> : (
        <ul className="hooks" aria-label={t("my_hooks")}>
          {problem !== null && <li><ProblemView problem={problem} /></li>}
          {items.map((one) => (
            <li key={one.id}>
              <span><b>{one.label}</b><small>{t("retrying")} {number(one.waiting)} · {t("dead")} {number(one.dead)}</small></span>
              {one.dead > 0 && <Button size="small" onClick={() => void resend(one.id)}>{t("resend")}</Button>}
            </li>
          ))}
        </ul>
      ))}
    </Read>
  );
}
