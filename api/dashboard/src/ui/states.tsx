import { Button, Skeleton } from "antd";
import { useEffect, useState, type ReactNode } from "react";
import { Problem } from "../api/problem";
import { problemSentence, wrongSentence } from "../api/problem";
import { useLang, useT } from "../i18n";

/** Nothing to show: one sentence why, and one action. */
export function Empty({ text, action, onAction }: { text: ReactNode; action?: string; onAction?: () => void }) {
  return (
    <div className="none">
      <p>{text}</p>
      {action && <Button size="small" onClick={onAction}>{action}</Button>}
    </div>
  );
}

/** In the final shape after 200 ms; after 5 s words say that it goes on. Old data stay visible: only for the first load. */
export function Loading({ rows = 4 }: { rows?: number }) {
  const [phase, setPhase] = useState(0);
  const t = useT("shell");
  useEffect(() => {
    const timers = [window.setTimeout(() => setPhase(1), 200), window.setTimeout(() => setPhase(2), 5000)];
    return () => timers.forEach((timer) => window.clearTimeout(timer));
  }, []);
  return (
    <div className="loading" aria-busy="true" aria-live="polite">
      {phase > 0 && <Skeleton active={false} title={false} paragraph={{ rows }} />}
      {phase === 2 && <p>{t("still_loading")}</p>}
    </div>
  );
}

/** What failed, whether anything was saved, what to do, the problem's number; the server's words behind “details”. */
export function ProblemView({ problem, onRetry }: { problem: unknown; onRetry?: () => void }) {
  const lang = useLang();
  const t = useT("shell");
  const known = problem instanceof Problem ? problem : null;
  return (
    <div className="problem" role="alert">
      <p>
        {problemSentence(problem, lang)}
        {known?.instance && <small>{t("p_code", { code: known.instance.split(/[:/]/).pop() ?? "" })}</small>}
      </p>
      {known && known.errors.length > 0 && (
        <ul>{known.errors.map((wrong) => <li key={wrong.location + wrong.message}>{wrongSentence(wrong, lang)}</li>)}</ul>
      )}
      {known && known.message && (
        <details>
          <summary>{t("details")}</summary>
          {known.message}
        </details>
      )}
      {onRetry && <Button size="small" onClick={onRetry}>{t("retry")}</Button>}
    </div>
  );
}

/** One of the three states of what is read, or its content. */
export function Read<T>({ of, children, rows }: {
  of: { data: T | undefined; error: unknown; refetch: () => unknown }; children: (data: T) => ReactNode; rows?: number;
}) {
  if (of.data !== undefined) return children(of.data);
  if (of.error) return <ProblemView problem={of.error} onRetry={() => void of.refetch()} />;
  return <Loading rows={rows} />;
}
