/**
 * Unpacks the rules of a time zone when it is first asked for. All of them at once would be eight megabytes in each bundle.
 */

const DIGITS = 36;

/** @type {any} */ (Intl.DateTimeFormat).__addTZData = (/** @type {{ abbrvs: string, offsets: string, zones: string[] }} */ { abbrvs, offsets, zones }) => {
  const names = abbrvs.split('|');
  const seconds = offsets.split('|').map((each) => Number.parseInt(each, DIGITS));
  const rules = (/** @type {string} */ line) =>
    line.split('|').slice(1).map((each) => {
      const [at, name, offset, isSummer] = each.split(',');
      return [at === '' ? -Infinity : Number.parseInt(at, DIGITS), names[Number(name)], seconds[Number(offset)], isSummer === '1'];
    });
  const found = {};
  for (const line of zones) {
    const zone = line.slice(0, line.indexOf('|'));
    const keep = (/** @type {unknown} */ value) => Object.defineProperty(found, zone, { value, enumerable: true, configurable: true });
    Object.defineProperty(found, zone, {
      get: () => {
        const value = rules(line);
        keep(value);
        return value;
      },
      enumerable: true,
      configurable: true,
    });
  }
  /** @type {any} */ (Intl.DateTimeFormat).tzData = found;
};
