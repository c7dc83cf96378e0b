import { Tree } from "antd";
import { useMemo } from "react";
import { useT } from "../i18n";
import { Loading } from "../ui/states";
import { organTree } from "../ui/organs";
import { useNames } from "./names";

/** The organs as they stand below each other; choosing one narrows the list to it and everything below. */
export function OrganTree({ chosen, onChoose }: { chosen: number | null; onChoose: (id: number | null) => void }) {
  const t = useT("registry");
  const { list } = useNames();
  const tree = useMemo(() => organTree(list), [list]);
  if (list.length === 0) return <Loading rows={8} />;
  return (
    <nav className="organ-tree" aria-label={t("organ_tree")}>
      <Tree
        treeData={tree}
        height={600}
        blockNode
        showLine={false}
        defaultExpandedKeys={tree.map((one) => one.value)}
        selectedKeys={chosen === null ? [] : [chosen]}
        onSelect={(keys) => onChoose(keys.length > 0 ? Number(keys[0]) : null)}
      />
    </nav>
  );
}
