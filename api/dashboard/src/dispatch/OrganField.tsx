import { Select } from "antd";
import { useMemo } from "react";
import { useT } from "../i18n";
import { useOrgans } from "../ui/organs";

/** One organ of those the account sees, found by a part of its name. */
export function OrganField({
  id,
  value,
  onChange,
  disabled,
  allowClear,
  label,
}: {
  id?: string;
  value?: number | null;
  onChange?: (id: number | null) => void;
  disabled?: boolean;
  allowClear?: boolean;
  label?: string;
}) {
  const t = useT("dispatch");
  const organs = useOrgans();
  const options = useMemo(
    () => (organs.data?.items ?? []).filter((one) => one.retired_on === null).map((one) => ({ value: one.id, label: one.name })),
    [organs.data],
  );
  return (
    <Select
      {...(id ? { id } : {})}
      showSearch
      optionFilterProp="label"
      options={options}
      loading={organs.isPending}
      value={value ?? null}
      placeholder={t("organ_hint")}
      aria-label={label ?? t("organ")}
      disabled={disabled}
      allowClear={allowClear}
      popupMatchSelectWidth={false}
      onChange={(next: number | undefined) => onChange?.(next ?? null)}
    />
  );
}
