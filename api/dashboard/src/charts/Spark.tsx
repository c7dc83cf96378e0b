/** A line without axes, for a table's cell. `label` says it in words. */
export function Spark({ values, label, width = 96, height = 20 }: { values: readonly number[]; label: string; width?: number; height?: number }) {
  const top = Math.max(1, ...values);
  const step = values.length > 1 ? width / (values.length - 1) : width;
  const points = values.map((value, index) => `${(index * step).toFixed(1)},${(height - 1 - (value / top) * (height - 2)).toFixed(1)}`);
  return (
    <svg className="spark" viewBox={`0 0 ${width} ${height}`} width={width} height={height} role="img" aria-label={label}>
      <polyline points={points.join(" ")} fill="none" stroke="var(--brand)" strokeWidth="1.5" />
    </svg>
  );
}

/** A bar from zero; `mark` is a tick across it (a quota), both in the unit of `max`. */
export function Bar({ value, max, mark, label }: { value: number; max: number; mark?: number; label?: string }) {
  const at = (amount: number) => (max > 0 ? Math.min(100, (amount / max) * 100) : 0);
  return (
    <svg
      className="bar" viewBox="0 0 100 8" preserveAspectRatio="none"
      role={label ? "img" : undefined} aria-label={label} aria-hidden={label ? undefined : true}
    >
      <rect width={at(value)} height="8" rx="1" fill="var(--brand)" opacity=".8" />
      {mark !== undefined && <rect x={at(mark) - 0.6} width="1.2" height="8" fill="var(--ink)" />}
    </svg>
  );
}
