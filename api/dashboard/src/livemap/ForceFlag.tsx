/** The flag of a task force as it stands on the map. */
export function ForceFlag({ n }: { n: number }) {
  return (
    <svg className="flag" viewBox="0 0 18 20" aria-hidden>
      <path d="M1 0h16v13H2.6v7H1z" fill="var(--ink)" />
      <text x="9.6" y="10.4" textAnchor="middle" fill="var(--surface)">{n}</text>
    </svg>
  );
}
