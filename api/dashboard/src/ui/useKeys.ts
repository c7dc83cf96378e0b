import { useEffect, useRef } from "react";

const OFF = "fleet.no-single-keys";
export const singleKeysOff = () => localStorage.getItem(OFF) === "1";
export const setSingleKeysOff = (off: boolean) => (off ? localStorage.setItem(OFF, "1") : localStorage.removeItem(OFF));

const typing = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** Single keys and `g x` pairs of a page: `useKeys({ f: follow, "g m": toMap })`. Not while somebody types. */
export function useKeys(keys: Readonly<Record<string, () => void>>): void {
  const latest = useRef(keys);
  useEffect(() => {
    latest.current = keys;
  });
  useEffect(() => {
    let pending = "";
    let timer = 0;
    const listen = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
      if (singleKeysOff() || document.querySelector(".ant-modal-wrap:not([style*='display: none'])")) return;
      const name = pending ? `${pending} ${event.key}` : event.key;
      pending = "";
      window.clearTimeout(timer);
      const action = latest.current[name];
      if (action) {
        event.preventDefault();
        action();
      } else if (event.key === "g") {
        pending = "g";
        timer = window.setTimeout(() => (pending = ""), 1500);
      }
    };
    window.addEventListener("keydown", listen);
    return () => {
      window.removeEventListener("keydown", listen);
      window.clearTimeout(timer);
    };
  }, []);
}
