// Netlify: its parser of `_redirects` and its matcher, put together as its command-line tool does.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { parseAllRedirects } from "@netlify/redirect-parser";
import redirector from "netlify-redirector";

// The parser reads files only.
const folder = mkdtempSync(join(tmpdir(), "engines-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

export async function open(file) {
  const path = join(folder, "_redirects");
  writeFileSync(path, file);
  const { redirects } = await parseAllRedirects({ redirectsFiles: [path], minimal: false });
  const lines = lineOfEach(redirects, file);
  const rules = redirects.map(({ from, query, signed, ...rest }, index) => ({
    ...rest,
    origin: from,
    params: query,
    ...(signed && { sign: { jwt_secret: signed } }),
    // The matcher returns the headers of the rule that matched.
    headers: { rule: String(lines[index]) },
  }));
  // The matcher reads an empty list as an error.
  if (rules.length === 0) return () => null;
  const matcher = await redirector.parseJSON(JSON.stringify(rules), { jwtSecret: "", jwtRoleClaim: "" });
  return (request) => decide(matcher, request);
}

// Lines keep their order, and of several copies the last one remains, so they are found from the end.
function lineOfEach(redirects, file) {
  const lines = file.split("\n").map((line) => line.trim().split(/\s+/));
  const found = [];
  let number = lines.length;
  for (const { from, to } of redirects.toReversed?.() ?? [...redirects].reverse()) {
    const targets = [to, to.replace(/\/:splat$/, "/*")];
    do number -= 1;
    while (number >= 0 && !(lines[number][0] === from && targets.some((to) => lines[number].includes(to))));
    found.unshift(number + 1);
  }
  return found;
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
