/**
 * `Intl` for bundles that use it: formatjs, with the languages that are asked for and all time zones.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);
/** Before what uses them. */
const PARTS = ['getcanonicallocales', 'locale', 'pluralrules', 'numberformat', 'datetimeformat', 'relativetimeformat', 'listformat'];
/** A language with its region, or one that is given to what formats. */
const TAGS = [
  /(["'`])([a-z]{2,3}(?:-[A-Z][a-z]{3})?-(?:[A-Z]{2}|\d{3}))\1/g,
  /(?:\.toLocale\w*String|\bIntl\.\w+|\.setLocale|\.locale)\(\s*(["'`])([a-z]{2,3}(?:-\w+)*)\1/g,
];

/** What code without a language of its own uses, as in Node.js. */
const DEFAULT_LOCALE = 'en';

/**
 * The languages that a bundle brings: those that `spec.yml` asks for, and those that the author's files name. Packages name
 * languages by the dozen that nobody uses.
 * @param {string} text the author's files
 * @param {readonly string[]} asked
 */
export function localesOf(text, asked) {
  const written = TAGS.flatMap((each) => [...text.matchAll(each)].map(([, , tag]) => tag));
  const known = [DEFAULT_LOCALE, ...asked, ...written].map(nearest).filter((each) => each !== undefined);
  return [...new Set(known)].sort();
}

/**
 * The language of which there is data: `de-DE` is `de`.
 * @param {string} tag
 * @returns {string | undefined}
 */
export function nearest(tag) {
  for (let each = tag; each !== ''; each = each.slice(0, Math.max(each.lastIndexOf('-'), 0))) {
    if (existsSync(dataFile('datetimeformat', each))) return each;
  }
  return undefined;
}

/** @param {readonly string[]} locales */
export function intlModule(locales) {
  const lines = PARTS.flatMap((part) => [
    `import ${JSON.stringify(join(folderOf(part), 'polyfill-force.js'))};`,
    ...(part === 'datetimeformat' ? ["import './lazy-zones.js';", `import ${JSON.stringify(join(folderOf(part), 'add-all-tz.js'))};`] : []),
    ...locales.map((each) => dataFile(part, each)).filter(existsSync).map((file) => `import ${JSON.stringify(file)};`),
  ]);
  // The first use of a language takes half a second: that is to be in the snapshot, not in each call.
  const warmed = locales.map((each) => `new Intl.DateTimeFormat(${JSON.stringify(each)}).format(0); new Intl.NumberFormat(${JSON.stringify(each)}).format(0);`);
  return [...lines, ...warmed].join('\n');
}

/**
 * @param {string} part
 * @param {string} locale
 */
function dataFile(part, locale) {
  return join(folderOf(part), 'locale-data', `${locale}.js`);
}

/** @param {string} part */
function folderOf(part) {
  return dirname(require.resolve(`@formatjs/intl-${part}/polyfill-force.js`));
}
