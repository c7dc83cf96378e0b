import { useEffect, useState } from "react";
import type { Lang } from "../i18n";
import { readCounties, type County } from "./counties";

/** The name of a county by its code; the code where there is no such county. */
export function useCounties(lang: Lang): (code: number) => string {
  const [counties, setCounties] = useState<readonly County[]>([]);
  useEffect(() => {
    void readCounties().then((found) => setCounties(found.counties), () => undefined);
  }, []);
  return (code) => counties.find((county) => county.code === code)?.[lang] ?? String(code);
}
