import { TreeSelect } from "antd";
import { useMemo } from "react";
import { organTree, useOrgans } from "./organs";

/** An organ and all below it, found by its name in the tree of organs; none chosen means all. */
export function OrganTreeField({ value, onChange, label, size }: {
  value: number | null; onChange: (organ: number | null) => void; label: string; size?: "small";
}) {
  const { data, isPending } = useOrgans();
  const tree = useMemo(() => organTree(data?.items ?? []), [data]);
  return (
    <TreeSelect
      aria-label={label} className="organ-field" value={value ?? undefined} placeholder={label} loading={isPending} allowClear showSearch
      treeNodeFilterProp="title" treeData={tree} popupMatchSelectWidth={340} {...(size ? { size } : {})}
      onChange={(organ?: number) => onChange(organ ?? null)}
    />
  );
}
