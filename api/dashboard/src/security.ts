/**
 * Makes libraries live under the page's policy: every style element carries the nonce, script addresses come from our
 * own build, and markup is refused (style text without markup passes).
 */
interface Policies {
  createPolicy(name: string, rules: Record<string, (text: string) => string>): unknown;
}

export const nonce = document.querySelector<HTMLMetaElement>("meta[name=csp-nonce]")?.content ?? "";

const create = Document.prototype.createElement;
Document.prototype.createElement = function (this: Document, tag: string, options?: ElementCreationOptions) {
  const element = create.call(this, tag, options);
  if (nonce && tag.toLowerCase() === "style") element.nonce = nonce;
  return element;
} as typeof create;

(window as unknown as { trustedTypes?: Policies }).trustedTypes?.createPolicy("default", {
  createScriptURL(address) {
    const url = new URL(address, location.href);
    if (url.origin === location.origin && url.pathname.startsWith("/assets/")) return address;
    throw new TypeError(`The page loads no script from ${address}.`);
  },
  createHTML(text) {
    if (!/[<&]/.test(text)) return text;
    throw new TypeError("The page writes no markup.");
  },
});
