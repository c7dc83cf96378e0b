import { useQuery } from "@tanstack/react-query";
import { useCallback } from "react";
import { useLang, useT } from "../i18n";
import { readCounties } from "../map/counties";

const CITY = 530300;

/** The counties, and the name of one by its code; vehicles of city organs have the city's own. */
export function useCounties() {
  const { data } = useQuery({ queryKey: ["counties"], queryFn: readCounties, staleTime: Infinity });
  const lang = useLang();
  const t = useT("statistics");
  const name = useCallback(
    (code: number) => (code === CITY ? t("city_organs") : (data?.counties.find((one) => one.code === code)?.[lang] ?? String(code))),
    [data, lang, t],
  );
  return { counties: data?.counties ?? [], name };
}
