import { useWord } from "../i18n";
import { plateParts } from "../format/plate";

/** Severity is told by shape first, by colour second: octagon, triangle, circle. */
export function Severity({ severity }: { severity: string }) {
  const word = useWord()("severity", severity);
  if (severity === "red") {
    return (
      <svg className="sym" viewBox="0 0 14 14" role="img" aria-label={word}>
        <path d="M4.3 0h5.4L14 4.3v5.4L9.7 14H4.3L0 9.7V4.3z" fill="var(--red)" />
        <path d="M6.1 3h1.8v5H6.1zM6.1 9.2h1.8V11H6.1z" fill="var(--surface)" />
      </svg>
    );
  }
  if (severity === "yellow") {
    return (
      <svg className="sym" viewBox="0 0 14 14" role="img" aria-label={word}>
        <path d="M7 1 13.4 13H.6z" fill="var(--yellow)" stroke="var(--yellow-ink)" strokeLinejoin="round" />
        <path d="M6.2 5h1.6v4.2H6.2zM6.2 10.2h1.6v1.6H6.2z" fill="#17222b" />
      </svg>
    );
  }
  return (
    <svg className="sym" viewBox="0 0 14 14" role="img" aria-label={word}>
      <circle cx="7" cy="7" r="6.6" fill="var(--blue)" />
      <path d="M6.1 3h1.8v1.8H6.1zM6.1 6h1.8v5H6.1z" fill="var(--surface)" />
    </svg>
  );
}

/** 0 moving, 1 idling, 2 parked, 3 silent: the shapes of the map. */
export function StateSymbol({ state, colour = "var(--ink-2)" }: { state: number; colour?: string }) {
  return (
    <svg className="sym" viewBox="0 0 14 14" aria-hidden>
      {state === 0 && <path d="M7 .8 12.4 13 7 10.4 1.6 13z" fill={colour} />}
      {state === 1 && (
        <>
          <rect x="2" y="2" width="10" height="10" rx="1.5" fill={colour} />
          <path d="M5 4.6v4.8M9 4.6v4.8" stroke="var(--surface)" strokeWidth="1.6" />
        </>
      )}
      {state === 2 && <circle cx="7" cy="7" r="4.6" fill={colour} />}
      {state === 3 && <circle cx="7" cy="7" r="4.4" fill="none" stroke={colour} strokeWidth="1.8" strokeDasharray="2.6 1.9" />}
    </svg>
  );
}

/** 云D·12345: the dot is drawn, because the character is full width in Chinese fonts. */
export function Plate({ plate, chip }: { plate: string; chip?: "nev" | "fuel" }) {
  const [head, tail] = plateParts(plate);
  const text = (
    <span className="pl">
      {head}
      <i aria-hidden />
      {tail}
    </span>
  );
  return chip ? <span className={`plate ${chip}`}>{text}</span> : text;
}

/** The mark of a verdict on a trip; `undetermined` is never red. */
export function VerdictMark({ verdict }: { verdict: string | null | undefined }) {
  const word = useWord()("verdict", verdict);
  return (
    <svg className="sym" viewBox="0 0 14 14" role="img" aria-label={word}>
      {verdict === "approved" && <path d="M2 7.5 5.6 11 12 3.6" fill="none" stroke="var(--ink-2)" strokeWidth="2" />}
      {verdict === "approved_with_deviation" && (
        <path d="M2 7.5 5.6 11 8 8.2M9.6 6.4 12 3.6" fill="none" stroke="var(--yellow-ink)" strokeWidth="2" />
      )}
      {verdict === "emergency_pending" && (
        <path d="M7 1.6a5.4 5.4 0 1 0 .01 0zM7 4v3.4l2.2 1.4" fill="none" stroke="var(--yellow-ink)" strokeWidth="1.6" />
      )}
      {verdict === "exempt" && <path d="M2.5 7h9" stroke="var(--ink-2)" strokeWidth="2" />}
      {verdict === "unapproved" && <path d="m3 3 8 8m0-8-8 8" stroke="var(--red)" strokeWidth="2" />}
      {(verdict === "undetermined" || !verdict) && <circle cx="7" cy="7" r="4.8" fill="none" stroke="var(--ink-3)" strokeWidth="1.6" />}
    </svg>
  );
}
