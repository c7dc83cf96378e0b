import { useEffect, useMemo, useState } from "react";
import { useGet } from "../api/queries";
import { useLang } from "../i18n";
import { readCounties, type County } from "../map/counties";

/** Organs and divisions by their numbers; read once. */
export function useNames() {
  const lang = useLang();
  const [counties, setCounties] = useState<County[]>([]);
  const organs = useGet("/api/v1/organs", { params: { query: { limit: 6000 } } }, { staleTime: 10 * 60_000 });
  useEffect(() => {
    void readCounties().then(
      (found) => setCounties(found.counties),
      () => undefined,
    );
  }, []);
  return useMemo(() => {
    const divisions = new Map<number, string>([
      [530300, lang === "zh" ? "市级" : "City"],
      ...counties.map((one): [number, string] => [one.code, one[lang]]),
    ]);
    return { list: organs.data?.items ?? [], organs: new Map((organs.data?.items ?? []).map((one) => [one.id, one.name])), divisions };
  }, [organs.data, counties, lang]);
}
