import { useEffect, useRef } from "react";
import { singleKeysOff } from "../ui/useKeys";
import { SPEEDS } from "./address";

interface Actions {
  toggle: () => void;
  point: (step: 1 | -1) => void;
  minute: (step: 1 | -1) => void;
  stop: (step: 1 | -1) => void;
  speed: (speed: (typeof SPEEDS)[number]) => void;
  follow: () => void;
}

/** Space plays; arrows go by a reading, with Shift by a minute, with Alt by a stop; 1 to 5 speed; f follows. */
export function usePlayerKeys(actions: Actions): void {
  const latest = useRef(actions);
  latest.current = actions;
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const { target } = event;
      const held = target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT|BUTTON|A)$/.test(target.tagName);
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || held || singleKeysOff()) return;
      if (document.querySelector(".ant-modal-wrap:not([style*='display: none'])")) return;
      const step = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
      const speed = SPEEDS[Number(event.key) - 1];
      const { toggle, point, minute, stop, follow } = latest.current;
      if (step !== 0) (event.altKey ? stop : event.shiftKey ? minute : point)(step);
      else if (event.altKey) return;
      else if (event.key === " ") toggle();
      else if (event.key === "f") follow();
      else if (speed) latest.current.speed(speed);
      else return;
      event.preventDefault();
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, []);
}
