import { dayBegin } from "../format/time";
import type { Period } from "./address";

const DAY_MS = 86_400_000;

/** The fleet's days that a period touches, each by its beginning (04:00) in milliseconds. */
export function daysOf({ from, to }: Period): number[] {
  const begins: number[] = [];
  for (let begin = dayBegin(from); begin < to; begin += DAY_MS) begins.push(begin);
  return begins;
}

export const dayPeriod = (begin: number): Period => ({ from: begin, to: begin + DAY_MS });
