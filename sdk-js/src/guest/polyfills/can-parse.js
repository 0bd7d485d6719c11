/** `URL.canParse` and `URL.parse`. */
URL.parse ??= (/** @type {string} */ url, /** @type {string} */ base) => {
  try {
    return new URL(url, base);
  } catch {
    return null;
  }
};
URL.canParse ??= (/** @type {string} */ url, /** @type {string} */ base) => URL.parse(url, base) !== null;
