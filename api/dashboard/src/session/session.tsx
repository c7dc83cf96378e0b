import { createContext, use } from "react";
import type { Shape } from "../api/client";

export type Me = Shape<"Me">;
export type Right = Shape<"Permission">;

export interface Session {
  me: Me;
  may: (right: Right) => boolean;
  leave: () => void;
}

export const SessionContext = createContext<Session | null>(null);

/** Who is logged in and what that person may; only inside the shell, where somebody is. */
export function useSession(): Session {
  const session = use(SessionContext);
  if (!session) throw new Error("useSession is for what stands inside the shell");
  return session;
}

/** The API decides; this only spares the person what it would refuse. */
export const useMay = (right: Right) => useSession().may(right);
