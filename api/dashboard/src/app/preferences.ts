import { useCallback, useSyncExternalStore } from "react";
import type { Lang } from "../i18n";
import type { Theme } from "../theme/tokens";

/** Language and theme: said in the address (`?lang=en&theme=dark`, for sharing), else as last chosen here. */
const CHANGED = "fleet-preference";

function read(name: string, choices: readonly string[], fallback: string): string {
  const said = new URLSearchParams(location.search).get(name) ?? localStorage.getItem(`fleet.${name}`) ?? "";
  return choices.includes(said) ? said : fallback;
}

function usePreference<T extends string>(name: string, choices: readonly T[], fallback: T): [T, (value: T) => void] {
  const value = useSyncExternalStore(
    (changed) => {
      window.addEventListener(CHANGED, changed);
      window.addEventListener("storage", changed);
      return () => {
        window.removeEventListener(CHANGED, changed);
        window.removeEventListener("storage", changed);
      };
    },
    () => read(name, choices, fallback) as T,
  );
  const set = useCallback(
    (next: T) => {
      localStorage.setItem(`fleet.${name}`, next);
      const url = new URL(location.href);
      if (url.searchParams.has(name)) {
        url.searchParams.delete(name);
        history.replaceState(history.state, "", url);
      }
      window.dispatchEvent(new Event(CHANGED));
    },
    [name],
  );
  return [value, set];
}

const dark = window.matchMedia("(prefers-color-scheme: dark)");
export const useThemeChoice = () => usePreference<Theme>("theme", ["light", "dark"], dark.matches ? "dark" : "light");
/** Chinese first; English for a browser that says so. */
export const useLangChoice = () =>
  usePreference<Lang>("lang", ["zh", "en"], navigator.language.startsWith("en") ? "en" : "zh");
