import { useEffect, useState, type RefObject } from "react";

/** The width of an element in pixels, as it changes. */
export function useWidth(of: RefObject<HTMLElement | null>, begin = 640): number {
  const [width, setWidth] = useState(begin);
  useEffect(() => {
    const element = of.current;
    if (!element) return;
    const observer = new ResizeObserver(([entry]) => entry && setWidth(Math.max(200, Math.round(entry.contentRect.width))));
    observer.observe(element);
    return () => observer.disconnect();
  }, [of]);
  return width;
}
