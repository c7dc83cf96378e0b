import { OrganTreeField } from "../ui/OrganTreeField";

/** The field of organs, as a form hands it its value; `hint` says what none means. */
export function OrganOf({ hint, value = null, onChange }: { hint: string; value?: number | null; onChange?: (organ: number | null) => void }) {
  return <OrganTreeField label={hint} value={value} onChange={(organ) => onChange?.(organ)} />;
}
