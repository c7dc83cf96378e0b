import { Select } from "antd";
import { useDeferredValue, useState } from "react";
import { useGet } from "../api/queries";
import { plainPlate } from "../format/plate";
import { useT } from "../i18n";
import { useAuditWords } from "./words";

/** Kinds whose number people know, because it stands on their pages. */
const NUMBERED = ["order", "case", "task", "vehicle", "organ", "driver", "unit", "account"] as const;

/** What entries are about: a vehicle by a part of its plate, anything else by its number. */
export function SubjectField({ value, onChange }: { value: string; onChange: (object: string) => void }) {
  const [typed, setTyped] = useState("");
  const wanted = useDeferredValue(plainPlate(typed));
  const t = useT("audit");
  const words = useAuditWords();
  const number = /^\d{1,10}$/.exec(typed.trim())?.[0];
  const { data } = useGet("/api/v1/vehicles", { params: { query: { q: wanted, limit: 8 } } }, { enabled: wanted.length >= 2 });
  const shown = words.subject(value);
  const options = [
    ...(wanted.length >= 2 ? (data?.items ?? []) : []).map((one) => ({ value: `vehicle:${one.id}`, label: `${one.plate} · ${one.organ.name}` })),
    ...(number ? NUMBERED.map((kind) => ({ value: `${kind}:${number}`, label: `${words.subject(kind).word} ${number}` })) : []),
  ];
  const present = value && !options.some((one) => one.value === value) ? [{ value, label: `${shown.word} ${shown.id}` }] : [];
  return (
    <Select
      className="wide" showSearch allowClear filterOption={false} aria-label={t("subject")} placeholder={t("any_subject")} popupMatchSelectWidth={300}
      value={value || undefined} options={[...present, ...options]} notFoundContent={null} onSearch={setTyped}
      onChange={(object?: string) => { setTyped(""); onChange(object ?? ""); }}
    />
  );
}
