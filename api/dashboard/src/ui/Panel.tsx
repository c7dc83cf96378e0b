import type { ReactNode } from "react";

/** A part of a page with its heading; `note` stands small at the right of it, `actions` after that. */
export function Panel({ title, note, actions, children, className }: {
  title: ReactNode; note?: ReactNode; actions?: ReactNode; children: ReactNode; className?: string;
}) {
  return (
    <section className={`sec ${className ?? ""}`} {...(typeof title === "string" ? { "aria-label": title } : {})}>
      <div className="h">
        <h3>{title}</h3>
        {note !== undefined && <span>{note}</span>}
        {actions}
      </div>
      {children}
    </section>
  );
}

/** Label and value pairs: `<Facts items={[["Speed", "62", "km/h"]]} />`. */
export function Facts({ items, columns = 3 }: { items: readonly (readonly [string, ReactNode, string?])[]; columns?: 2 | 3 }) {
  return (
    <dl className={columns === 2 ? "facts two" : "facts"}>
      {items.map(([label, value, unit]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>
            {value}
            {unit && <small>{unit}</small>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** Quieter pairs, one below the other. */
export function Pairs({ items }: { items: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className="kv">
      {items.map(([label, value]) => [<dt key={`${label}-t`}>{label}</dt>, <dd key={label}>{value}</dd>])}
    </dl>
  );
}
