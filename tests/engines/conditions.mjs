// What Vercel and Next.js share, and what no library of theirs has on its own.

// Returns the groups of the conditions, or false.
export function meets(request, query, has = [], missing = []) {
  const groups = {};
  const hosts = { host: request.host.split(":")[0].toLowerCase() };
  const sources = {
    host: () => hosts,
    header: () => request.headers,
    cookie: () => Object.fromEntries(
      (request.headers.cookie ?? "").split(/;\s*/).map((pair) => pair.split("=", 2)),
    ),
    // Of a key that is repeated, the last value counts.
    query: () => Object.fromEntries(pairs(query)),
  };
  const holds = ({ type, key = "host", value }) => {
    const found = sources[type]()[type === "header" ? key.toLowerCase() : key];
    if (!found) return false;
    if (!value) {
      groups[key.replace(/[^a-zA-Z]/g, "")] = found;
      return true;
    }
    const match = tests(value).every((regex) => regex.test(found)) && tests(value)[0].exec(found);
    if (!match) return false;
    if (match.groups) Object.assign(groups, match.groups);
    else if (type === "host") groups.host = match[0];
    return true;
  };
  return has.every(holds) && !missing.some(holds) && groups;
}

// `URLSearchParams` would drop a `?` at the start.
function pairs(query) {
  return [...new URLSearchParams(`&${query}`)];
}

function tests(value) {
  if (typeof value === "string") return [new RegExp(`^${value}$`)];
  const text = (plain) => String(plain).replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  const { eq, re, inc } = value;
  if (eq !== undefined) return [new RegExp(`^${text(eq)}$`)];
  if (inc !== undefined) return [new RegExp(`^(?:${inc.map(text).join("|")})$`)];
  return [new RegExp(`^${re}$`)];
}

// Adds the parameters of the request that the location doesn't set, in this order, whatever that of the engine.
export function merged(location, query) {
  const [, before, , own = "", fragment = ""] = /^([^?#]*)(\?([^#]*))?(#.*)?$/.exec(location);
  const keys = new Set(pairs(own).map(([key]) => key));
  const added = query.split("&").filter((pair) => pair && !keys.has(pairs(pair)[0]?.[0]));
  const all = [...(own ? [own] : []), ...added].join("&");
  return before + (all && `?${all}`) + fragment;
}
