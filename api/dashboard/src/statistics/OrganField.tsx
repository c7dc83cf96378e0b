import { TreeSelect } from "antd";
import { useMemo } from "react";
import { useGet } from "../api/queries";
import { useT } from "../i18n";

interface Node {
  value: number;
  title: string;
  children: Node[];
}

/** An organ and all below it, searched by name in the tree of organs. */
export function OrganField({ value, onChange }: { value: number | null; onChange: (organ: number | null) => void }) {
  const t = useT("statistics");
  const { data, isPending } = useGet("/api/v1/organs", { params: { query: { limit: 6000 } } }, { staleTime: 600_000 });
  const tree = useMemo(() => {
    const nodes = new Map((data?.items ?? []).map((one) => [one.id, { value: one.id, title: one.name, children: [] as Node[] }]));
    const tops: Node[] = [];
    for (const one of data?.items ?? []) {
      const node = nodes.get(one.id);
      const above = one.parent_id === null ? undefined : nodes.get(one.parent_id);
      if (node) (above?.children ?? tops).push(node);
    }
    return tops;
  }, [data]);
  return (
    <TreeSelect
      aria-label={t("organ")}
      className="organ-field"
      value={value ?? undefined}
      placeholder={t("organ")}
      loading={isPending}
      allowClear
      showSearch
      treeNodeFilterProp="title"
      treeData={tree}
      popupMatchSelectWidth={340}
      treeDefaultExpandedKeys={tree.map((one) => one.value)}
      onChange={(organ: number | undefined) => onChange(organ ?? null)}
    />
  );
}
