import { useQuery } from "@tanstack/react-query";
import { useCallback } from "react";
import { useLang, useT } from "../i18n";
import { readCounties, type County } from "./counties";

/** The division of the city itself: that of its own organs, not of a county. */
export const CITY = 530300;
const NONE: readonly County[] = [];

/** The nine counties, and the name of a division by its code; the code itself where there is no such division. */
export function useCounties() {
  const { data } = useQuery({ queryKey: ["counties"], queryFn: readCounties, staleTime: Infinity });
  const lang = useLang();
  const t = useT("shell");
  const counties = data?.counties ?? NONE;
  const name = useCallback(
    (code: number) => (code === CITY ? t("city_organs") : (counties.find((one) => one.code === code)?.[lang] ?? String(code))),
    [counties, lang, t],
  );
  return { counties, name };
}
