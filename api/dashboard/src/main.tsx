import "./security";
import "./theme/antd.css";
import "./theme/app.css";
import "./theme/parts.css";
import "./theme/shell.css";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";

const root = document.getElementById("root");
if (root) createRoot(root).render(<App />);
