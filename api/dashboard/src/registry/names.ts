import { useMemo } from "react";
import { CITY, useCounties } from "../map/useCounties";
import { useOrganNames, useOrgans } from "../ui/organs";

/** Organs and divisions by their numbers; read once. */
export function useNames() {
  const { data } = useOrgans();
  const organs = useOrganNames();
  const { counties, name } = useCounties();
  return useMemo(() => {
    const divisions = new Map([CITY, ...counties.map((one) => one.code)].map((code) => [code, name(code)]));
    return { list: data?.items ?? [], organs, divisions };
  }, [data, organs, counties, name]);
}
