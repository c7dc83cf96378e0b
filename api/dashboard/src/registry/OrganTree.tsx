import { Tree } from "antd";
import { useMemo } from "react";
import { useT } from "../i18n";
import { Loading } from "../ui/states";
import { useNames } from "./names";

interface Node {
  key: number;
  title: string;
  children: Node[];
}

/** The organs as they stand below each other; choosing one narrows the list to it and everything below. */
export function OrganTree({ chosen, onChoose }: { chosen: number | null; onChoose: (id: number | null) => void }) {
  const t = useT("registry");
  const { list } = useNames();
  const tree = useMemo(() => {
    const nodes = new Map(list.map((one): [number, Node] => [one.id, { key: one.id, title: one.name, children: [] }]));
    const roots: Node[] = [];
    for (const one of list) {
      const node = nodes.get(one.id);
      const parent = one.parent_id === null ? undefined : nodes.get(one.parent_id);
      if (node) (parent ? parent.children : roots).push(node);
    }
    return roots;
  }, [list]);
  if (list.length === 0) return <Loading rows={8} />;
  return (
    <nav className="organ-tree" aria-label={t("organ_tree")}>
      <Tree
        treeData={tree}
        height={600}
        blockNode
        showLine={false}
        defaultExpandedKeys={tree.map((one) => one.key)}
        selectedKeys={chosen === null ? [] : [chosen]}
        onSelect={(keys) => onChoose(keys.length > 0 ? Number(keys[0]) : null)}
      />
    </nav>
  );
}
