import { createContext, use } from "react";
import type { Theme } from "./tokens";

export const ThemeContext = createContext<Theme>("light");
export const useTheme = () => use(ThemeContext);
