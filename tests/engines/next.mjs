// Next.js: path-to-regexp matches sources and fills destinations, with the options of Next and the steps around it.
// Next itself first redirects paths with a slash at the end or with empty segments, which isn't done here.
import { compile, parse, pathToRegexp, regexpToFunction } from "path-to-regexp";

import { meets, merged } from "./conditions.mjs";

export function open(file) {
  const rules = JSON.parse(file).map((entry, index) => {
    check(entry, index);
    const keys = [];
    const { source, flags } = pathToRegexp(entry.source, keys, { strict: true, sensitive: false, delimiter: "/" });
    const regex = source.replace("^", "^(?!\\/_next)").replace(/\$$/, "(?:\\/)?$");
    return { ...entry, match: regexpToFunction(new RegExp(regex, flags), keys) };
  });
  return (request) => decide(rules, request);
}

// What Next rejects when it builds.
function check({ source, destination, permanent, statusCode, has = [], missing = [] }, index) {
  const reject = (why) => {
    throw new Error(`redirect ${index + 1}: ${why}`);
  };
  if (!source.startsWith("/")) reject("`source` does not start with /");
  if ((permanent === undefined) === (statusCode === undefined)) reject("`permanent` or `statusCode`");
  const known = new Set(parse(source).map((token) => token.name));
  for (const { value = "" } of [...has, ...missing]) if (typeof value !== "string") reject("`value` is no string");
  for (const { type, key, value } of has) {
    if (!value && type !== "host") known.add(key);
    for (const [, name] of (value ?? "").matchAll(/\(\?<([a-zA-Z][a-zA-Z0-9]*)>/g)) known.add(name);
    if (type === "host") known.add("host");
  }
  if (!destination.startsWith("/")) return;
  const names = parse(destination.replace(/[?#].*/, "")).filter((token) => typeof token === "object");
  const unknown = names.find((token) => !known.has(token.name));
  if (unknown) reject(`\`destination\` has segments not in \`source\` or \`has\` (${unknown.name})`);
}

function decide(rules, request) {
  const [, path, query = ""] = /^([^?]*)\??(.*)$/.exec(request.target);
  for (const [index, { destination, permanent, statusCode, has, missing, match }] of rules.entries()) {
    const found = match(path);
    const groups = found && meets(request, query, has, missing);
    if (!groups) continue;
    const named = Object.entries(found.params).filter(([name]) => !/^\d+$/.test(name));
    const params = { ...Object.fromEntries(named), ...groups };
    const location = filled(destination, params, query);
    return { rule: index + 1, status: statusCode ?? (permanent ? 308 : 307), location, waits: false };
  }
  return null;
}

function filled(destination, params, query) {
  // Marks keep `:name?` apart from a query.
  const names = Object.keys(params).join("|");
  const mark = (text) => (names ? text.replace(new RegExp(`:(${names})(?!\\w)([*+?]?)`, "g"), "\u{1}$1\u{2}$2\u{3}") : text);
  const fill = (path) => compile(path, { validate: false })(params);
  const marks = /\u{1}(\w+)\u{2}([*+?]?)\u{3}/gu;
  const [, origin = "", path, , own = "", hash = ""] = /^(https?:\/\/[^/?#]*)?([^?#]*)(\?([^#]*))?(#.*)?$/.exec(mark(destination));
  const [before, fragment] = fill((path + hash).replace(marks, ":$1$2")).split("#");
  const inserted = (_, name, modifier) => fill(`/:${name}${modifier}`).slice(1);
  const target = origin + before + (own && `?${own.replace(marks, inserted)}`) + (fragment ? `#${fragment}` : "");
  return merged(target, query);
}
