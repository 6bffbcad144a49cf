// Netlify: its parser of `_redirects` and `netlify.toml`, and its matcher, put together as its command-line tool does.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { parseAllRedirects } from "@netlify/redirect-parser";
import redirector from "netlify-redirector";

// The parser reads files only.
const folder = mkdtempSync(join(tmpdir(), "engines-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

export async function open(file) {
  const path = written("_redirects", file);
  const { redirects } = await parseAllRedirects({ redirectsFiles: [path], minimal: false });
  return matching(redirects, lineOfEach(redirects, file));
}

// `netlify.toml`, in which each entry has its keys in the order `from`, `to`.
export async function openToml(file) {
  const path = written("netlify.toml", file);
  const { redirects, errors } = await parseAllRedirects({ netlifyConfigPath: path, minimal: false });
  const broken = errors.find(({ message }) => message.includes("syntax error"));
  if (broken) throw broken;
  return matching(redirects, entryOfEach(redirects, file));
}

function written(name, text) {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

let last;

async function matching(redirects, numbers) {
  const rules = redirects.map(({ from, query, signed, ...rest }, index) => ({
    ...rest,
    origin: from,
    params: query,
    ...(signed && { sign: { jwt_secret: signed } }),
    // The matcher returns the headers of the rule that matched.
    headers: { rule: String(numbers[index]) },
  }));
  // The matcher reads an empty list as an error.
  if (rules.length === 0) return () => null;
  // Its memory isn't collected.
  last?.delete();
  const matcher = await redirector.parseJSON(JSON.stringify(rules), { jwtSecret: "", jwtRoleClaim: "" });
  last = matcher;
  return (request) => decide(matcher, request);
}

// Rules keep their order, and of several copies the last one remains, so they are found from the end.
function numbersOf(redirects, parts, isFrom) {
  const found = [];
  let number = parts.length;
  for (const redirect of [...redirects].reverse()) {
    do number -= 1;
    while (number >= 0 && !isFrom(parts[number], redirect));
    found.unshift(number + 1);
  }
  return found;
}

function lineOfEach(redirects, file) {
  const lines = file.split("\n").map((line) => line.trim().split(/\s+/));
  return numbersOf(redirects, lines, (words, { from, to }) => {
    const targets = [to, to.replace(/\/:splat$/, "/*")];
    return words[0] === from && targets.some((target) => words.includes(target));
  });
}

function entryOfEach(redirects, file) {
  const entries = file.split("[[redirects]]").slice(1);
  return numbersOf(redirects, entries, (entry, { from, to }) =>
    entry.includes(`from = ${JSON.stringify(from)}\nto = ${JSON.stringify(to)}\n`),
  );
}

function decide(matcher, { target, host, scheme, headers }) {
  const base = `${scheme}://${host}`;
  const url = new URL(base + target);
  const cookies = Object.fromEntries(
    (headers.cookie ?? "").split(";").map((pair) => {
      const [name, ...value] = pair.trim().split("=");
      return [name, value.join("=")];
    }),
  );
  const all = {
    "x-language": cookies.nf_lang || (headers["accept-language"] ?? "en").split(",")[0].slice(0, 2),
    "x-country": cookies.nf_country || "us",
    ...headers,
  };
  const match = matcher.match({
    scheme,
    host: url.hostname,
    path: decodeURIComponent(url.pathname),
    query: url.search.slice(1),
    headers: all,
    cookieValues: cookies,
    getHeader: (name) => all[name.toLowerCase()] || "",
    getCookie: (name) => cookies[name] || "",
  });
  // A match without a target says only that a role is missing.
  if (!match?.to) return null;
  const rule = Number(match.proxyHeaders.rule);
  if (![301, 302, 303, 307, 308].includes(match.status)) return { rule, status: match.status };
  const destination = new URL(match.to, base);
  if ([...destination.searchParams].length === 0) destination.search = url.search;
  return { rule, status: match.status, location: destination.href, waits: !match.force };
}
