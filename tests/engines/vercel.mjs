// Vercel: its library turns the redirects of a `vercel.json` into routes, and this runs them as its development
// server does, which tries each path with and without its first slash.
import { getTransformedRoutes } from "@vercel/routing-utils";

import { merged, meets } from "./conditions.mjs";

// The library logs where its two versions of path-to-regexp differ.
console.error = () => {};

export function open(file) {
  const { redirects } = JSON.parse(file);
  const { routes, error } = getTransformedRoutes({ redirects });
  if (error) throw new Error(error.message);
  // The library adds routes of its own for other keys, and there are none.
  const rules = routes.map((route) => ({ ...route, regex: new RegExp(route.src) }));
  return (request) => decide(rules, request);
}

function decide(rules, request) {
  const [, path, query = ""] = /^([^?]*)\??(.*)$/.exec(request.target);
  for (const [index, { regex, headers, status, has, missing }] of rules.entries()) {
    const match = regex.exec(path) ?? regex.exec(path.slice(1));
    const groups = match && meets(request, query, has, missing);
    if (!groups) continue;
    const rule = index + 1;
    if (status < 300 || status > 399) return { rule, status };
    const location = headers.Location.replace(/\$([1-9][0-9]*|[a-zA-Z]+)/g, (_, name) =>
      /^[0-9]/.test(name) ? (match[Number(name)] ?? "") : (groups[name] ?? ""),
    );
    return { rule, status, location: merged(location, query), waits: false };
  }
  return null;
}
