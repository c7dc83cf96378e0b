import type { Shape } from "../api/client";
import { number } from "../format/number";
import { age } from "../format/time";
import { useLang, useT } from "../i18n";

type Step = Shape<"StepShown">;

/** The parts that a message passes, with their state as shape and word, and how far each is behind. */
export function FlowLine({ steps, now }: { steps: readonly Step[]; now: number }) {
  const t = useT("system");
  const lang = useLang();
  const figures = useFigures();
  return (
    <ol className="flow" aria-label={t("flow")}>
      {steps.map((step) => (
        <li key={step.part} className={`${step.state} ${step.part}`}>
          <h3><Mark state={step.state} />{t(`part.${step.part}`)}</h3>
          <p className="state">{t(`state.${step.state}`)}</p>
          {step.state !== "absent" && figures(step).map((text) => <p key={text}>{text}</p>)}
          {step.last_at !== null && step.state === "stopped" && <p>{t("last_heard", { age: age(step.last_at, now, lang) })}</p>}
          {step.reasons.length > 0 && <details><summary>{t("says")}</summary>{step.reasons.map((one) => <p key={one} lang="en">{one}</p>)}</details>}
        </li>
      ))}
    </ol>
  );
}

/** What each part tells of itself, in words. */
function useFigures() {
  const t = useT("system");
  const seconds = (value: number) => (value < 1 ? t("ms", { n: number(value * 1000) }) : t("seconds", { n: number(value, value < 100 ? 1 : 0) }));
  return ({ part, lag_s: lag, figures }: Step): string[] => {
    const count = (name: string) => figures[name] ?? 0;
    const waits = count("waiting") > 0 ? [t("waiting", { n: number(count("waiting")) })] : [];
    switch (part) {
      case "broker":
        return [count("dropped") > 0 ? t("dropped", { n: number(count("dropped")) }) : t("never_dropped")];
      case "ingest":
        return [t("per_s", { n: number(count("per_s"), 1) }), ...(lag === null ? [] : [t("commits_in", { n: seconds(lag) })]), ...waits];
      case "store":
        return lag === null ? [] : [t("answers_in", { n: seconds(lag) })];
      case "stream":
        return [t("readers", { n: count("readers") }), ...(lag === null ? [] : [t("lag_of", { n: seconds(lag) })])];
      case "log":
        return count("waiting") > 0 ? [...waits, ...(lag === null ? [] : [t("lag_of", { n: seconds(lag) })])] : [t("chained")];
      default:
        return [...(lag === null ? [] : [t("lag_of", { n: seconds(lag) })]), ...waits];
    }
  };
}

/** Tick, triangle, octagon, hollow ring: the state is told by shape first. */
function Mark({ state }: { state: string }) {
  return (
    <svg className="sym" viewBox="0 0 14 14" aria-hidden>
      {state === "working" && <path d="M2 7.5 5.6 11 12 3.6" fill="none" stroke="var(--ink-2)" strokeWidth="2" />}
      {state === "late" && <path d="M7 1 13.4 13H.6z" fill="var(--yellow)" stroke="var(--yellow-ink)" strokeLinejoin="round" />}
      {state === "stopped" && <path d="M4.3 0h5.4L14 4.3v5.4L9.7 14H4.3L0 9.7V4.3z" fill="var(--red)" />}
      {state === "absent" && <circle cx="7" cy="7" r="4.8" fill="none" stroke="var(--ink-3)" strokeWidth="1.6" />}
    </svg>
  );
}
