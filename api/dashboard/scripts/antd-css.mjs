// Writes antd's styles for both themes to src/theme/antd.css, so that nothing makes styles in the browser.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { build } from "vite";

const folder = mkdtempSync("node_modules/.antd-css-");
try {
  await build({
    configFile: false,
    logLevel: "error",
    build: {
      ssr: "scripts/antd-css-of.tsx",
      outDir: folder,
      rolldownOptions: { output: { entryFileNames: "of.mjs" } },
    },
  });
  const { css } = await import(`../${folder}/of.mjs`);
  const text = css();
  if (!text.includes(".fleet-dark")) throw new Error("the dark theme's variables are missing");
  writeFileSync("src/theme/antd.css", text);
  console.log(`src/theme/antd.css: ${Math.round(text.length / 1000)} kB`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
