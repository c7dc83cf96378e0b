import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const api = process.env.FLEET_API ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react()],
  worker: { format: "es" },
  server: { proxy: { "/api": api, "/readyz": api } },
  test: { include: ["tests/**/*.test.ts"] },
  build: {
    target: "es2022",
    sourcemap: false,
    // Nothing as `data:` and no helper inline: the page's policy allows neither.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1200,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: "map", test: /node_modules\/(maplibre-gl|@mapbox|@maplibre|geojson-vt|kdbush|supercluster|earcut|gl-matrix)/ },
            { name: "charts", test: /node_modules\/(echarts|zrender)/ },
            { name: "react", test: /node_modules\/(react|react-dom|scheduler)\// },
            { name: "antd", test: /node_modules\/(antd|@ant-design|@rc-component|rc-|dayjs)/ },
          ],
        },
      },
    },
  },
} as Parameters<typeof defineConfig>[0]);
