// What the type checker cannot see: import arrows, forbidden ways into the page, files that grew too long.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

// Who may import whom (folders of src/). Features are all that is not named here.
const GROUND = ["theme", "i18n", "format", "url", "api", "session", "live", "ui", "charts", "ribbon", "map"];
const ABOVE = ["app", "pages"];
const FORBIDDEN = [
  [/dangerouslySetInnerHTML|\.innerHTML\b|insertAdjacentHTML|document\.write/, "writes markup: build elements instead"],
  [/\beval\(|new Function\(/, "makes code of text"],
  [/https?:\/\/(?!www\.w3\.org\/)/, "names an address outside: the page loads nothing from elsewhere"],
  [/toLocale(?:String|DateString|TimeString)\(/, "formats by the browser's zone and language: use src/format"],
  [/new EventSource\(/, "opens a stream: only src/live/stream.ts does", "live/stream.ts"],
  [/export default/, "is a default export: only pages and lazy charts have one", /^(pages\/|charts\/|livemap\/LiveMap)/],
];
const SHARED_STYLES = ["app.css", "shell.css", "parts.css"];
/** Refined by pages with a class of their own behind them. */
const SHARED_CLASSES = /^(items|chip|ant-.*)$/;
const LINES = 150;
const WIDTH = 150;

const files = readdirSync("src", { recursive: true }).map((name) => normalize(name)).filter((name) => /\.tsx?$/.test(name));
const problems = [];
for (const file of files.sort()) {
  if (file === "api/schema.ts") continue;
  const text = readFileSync(join("src", file), "utf8");
  const lines = text.split("\n");
  if (lines.length > LINES + 1) problems.push(`src/${file}: ${lines.length} lines, ${LINES} are enough for one file`);
  lines.forEach((line, index) => {
    if (line.length > WIDTH) problems.push(`src/${file}:${index + 1}: a line of ${line.length} characters (at most ${WIDTH})`);
    for (const [pattern, why, except] of FORBIDDEN) {
      if (except !== undefined && (except instanceof RegExp ? except.test(file) : file === except)) continue;
      if (pattern.test(line)) problems.push(`src/${file}:${index + 1}: ${why}`);
    }
  });
  const from = file.includes("/") ? file.split("/")[0] : "";
  for (const [, target] of text.matchAll(/(?:from|import)\s*\(?\s*"(\.{1,2}\/[^"]+)"/g)) {
    const to = normalize(join(dirname(file), target)).split("/")[0];
    if (from === "" || from === to || to === "icon.svg" || to === ".." || to === "security" || to.endsWith(".css")) continue;
    if (!allowed(from, to)) problems.push(`src/${file}: ${from}/ may not import ${to}/`);
  }
}
// Styles of a page stay when another page is opened: what two pages begin a rule with would change the other.
const owners = new Map();
const pages = readdirSync("src/theme").filter((one) => one.endsWith(".css") && one !== "antd.css" && !SHARED_STYLES.includes(one));
for (const name of [...SHARED_STYLES, ...pages]) {
  const rules = readFileSync(join("src/theme", name), "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
  for (const [, selectors] of rules.matchAll(/([^{}]+)\{/g)) {
    for (const selector of selectors.split(",")) {
      const first = /^\s*\.([\w-]+)(?![\w-])/.exec(selector)?.[1];
      if (first === undefined || SHARED_CLASSES.test(first)) continue;
      const owner = owners.get(first);
      if (owner !== undefined && owner !== name && pages.includes(name)) problems.push(`src/theme/${name}: .${first} begins a rule of ${owner} too`);
      owners.set(first, name);
    }
  }
}
for (const problem of new Set(problems)) console.error(problem);
if (problems.length > 0) process.exit(1);
console.log(`${files.length} files of src/: imports, addresses and lengths are in order`);

/** The shell knows the pages, pages the features, features the ground; on the ground each folder those before it. */
function allowed(from, to) {
  if (from === "app") return true;
  if (ABOVE.includes(to)) return false;
  const [begin, end] = [GROUND.indexOf(from), GROUND.indexOf(to)];
  if (end < 0) return from === "pages";
  return begin < 0 || end < begin;
}
