import { InfoCircleOutlined } from "@ant-design/icons";
import { Popover } from "antd";
import { say, type Lang } from "../i18n";
import type { Definition } from "./figures";

/** What the figure means, behind a small mark that can be reached by keyboard too. */
export function DefinitionNote({ definition, lang }: { definition: Definition; lang: Lang }) {
  const title = lang === "zh" ? definition.title_zh : definition.title_en;
  return (
    <Popover
      trigger={["hover", "focus", "click"]}
      title={title}
      content={
        <div className="definition">
          <p>{lang === "zh" ? definition.definition_zh : definition.definition_en}</p>
          <p>{say(lang, "statistics", "version", { n: definition.version })}</p>
        </div>
      }
    >
      <button type="button" className="note-mark" aria-label={`${say(lang, "statistics", "definition")}: ${title}`}>
        <InfoCircleOutlined />
      </button>
    </Popover>
  );
}
