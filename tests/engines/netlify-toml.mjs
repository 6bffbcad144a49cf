// Netlify: the `[[redirects]]` of a `netlify.toml`.
export { openToml as open } from "./netlify.mjs";
