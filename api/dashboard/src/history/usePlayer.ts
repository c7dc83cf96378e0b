import { useCallback, useEffect, useRef, useState } from "react";
import type { Period } from "./address";

export interface Player {
  moment: number;
  playing: boolean;
  go: (moment: number) => void;
  toggle: () => void;
}

const STEP_MS = 1000;

/** Moves a moment through a period, `speed` times as fast as it was; in steps of a second for who wants less motion. */
export function usePlayer(period: Period, begin: number, speed: number, onRest: (moment: number) => void): Player {
  const [moment, setMoment] = useState(begin);
  const [playing, setPlaying] = useState(false);
  const now = useRef(moment);
  const rest = useRef(onRest);
  rest.current = onRest;
  const go = useCallback((to: number) => {
    now.current = Math.min(period.to, Math.max(period.from, to));
    setMoment(now.current);
  }, [period]);
  useEffect(() => go(begin), [go, begin]);
  useEffect(() => {
    if (!playing) return;
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    let before = performance.now();
    let frame = 0;
    let timer = 0;
    const step = () => {
      const at = performance.now();
      go(now.current + (at - before) * speed);
      before = at;
      if (now.current >= period.to) setPlaying(false);
      else if (!calm) frame = requestAnimationFrame(step);
    };
    if (calm) timer = window.setInterval(step, STEP_MS);
    else frame = requestAnimationFrame(step);
    return () => {
      cancelAnimationFrame(frame);
      window.clearInterval(timer);
      rest.current(now.current);
    };
  }, [playing, speed, period, go]);
  const toggle = useCallback(() => {
    if (now.current >= period.to) go(period.from);
    setPlaying((is) => !is);
  }, [period, go]);
  return { moment, playing, go, toggle };
}
