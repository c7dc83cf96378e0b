import { useCallback } from "react";
import { useT, type Key } from "../i18n";

type Write = (value: number | undefined, unit: string, word: (unit: string) => string) => string;

/** Writes a counter with the measure word of the language. */
export function usePartWord() {
  const t = useT("statistics");
  return useCallback(
    (value: number | undefined, unit: string, write: Write) => write(value, unit, (one) => t(`part.${one}` as Key<"statistics">)),
    [t],
  );
}
