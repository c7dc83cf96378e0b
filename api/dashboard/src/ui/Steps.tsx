/** The way of an order or a case as dots: done, now, to come. */
export function Steps({ labels, done, stopped }: { labels: readonly string[]; done: number; stopped?: boolean }) {
  return (
    <ol className={stopped ? "steps stopped" : "steps"}>
      {labels.map((label, index) => (
        <li key={label} className={index < done ? "on" : index === done ? "on now" : ""} aria-current={index === done ? "step" : undefined}>
          {label}
        </li>
      ))}
    </ol>
  );
}
