import { Button } from "antd";
import { useT } from "../i18n";

/** The header and the first rows of a sheet, to see whether it is the right one. */
export function Preview({ name, lines, onOther }: { name: string; lines: readonly (readonly string[])[]; onOther: () => void }) {
  const t = useT("registry");
  return (
    <div className="preview">
      <p>
        {name}{" "}
        <Button size="small" type="link" onClick={onOther}>
          {t("other_file")}
        </Button>
      </p>
      <table>
        <thead>
          <tr>
            {(lines[0] ?? []).map((cell, index) => (
              <th key={index} scope="col">
                {cell}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {lines.slice(1).map((line, index) => (
            <tr key={index}>
              {line.map((cell, at) => (
                <td key={at}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
