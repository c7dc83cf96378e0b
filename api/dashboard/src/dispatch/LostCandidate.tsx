import type { Problem } from "../api/problem";
import { useLang } from "../i18n";
import { Plate } from "../ui/marks";
import { Refusal } from "./Refusal";

/** The chosen vehicle, that is no candidate any more: struck through, with why. */
export function LostCandidate({ plate, refusals, problem }: {
  plate: string;
  refusals: readonly { code: string; zh: string; en: string }[];
  problem: Problem | null;
}) {
  const lang = useLang();
  return (
    <li className="chosen">
      <div className="lost" role="status">
        <s className="name">
          <Plate plate={plate} />
        </s>
        {refusals.map((one) => (
          <div key={one.code}>{lang === "zh" ? one.zh : one.en}</div>
        ))}
        <Refusal problem={problem} />
      </div>
    </li>
  );
}
