// Writes a gzip copy beside each built file that gains by it; the server sends it to who accepts it.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

for (const name of readdirSync("dist", { recursive: true })) {
  if (!/\.(js|mjs|css|svg|json|geojson)$/.test(name)) continue;
  const plain = readFileSync(`dist/${name}`);
  const packed = gzipSync(plain, { level: 9 });
  if (packed.length < plain.length * 0.95) writeFileSync(`dist/${name}.gz`, packed);
}
