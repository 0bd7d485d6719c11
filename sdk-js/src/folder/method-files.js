/**
 * Finds the file that implements a method: `handle.js` beside a webhook's `spec.yml`.
 */
import { nearest } from '../suggest.js';

/** Endings of YAML files and what they mean; the longer come first, because `.map.yml` also ends in `.yml`. */
const MAPPINGS = [
  ['.map', 'mapping'],
  ['.rest', 'rest-api-mapping'],
  ['.api', 'rest-api-mapping'],
  ['.graphql', 'graphql-api-mapping'],
  ['.op', 'operation-mapping'],
  ['', 'mapping'],
];

const SUFFIXES = [
  ['.js', 'javascript'],
  ['.ts', 'javascript'],
  ...MAPPINGS.flatMap(([kind, type]) => ['.yml', '.yaml'].map((ending) => [kind + ending, type])),
];

/** The names of a spec; the first is the usual one. */
export const SPEC_FILES = ['spec.yml', 'spec.yaml'];

/** The types of implementation that a bundle can contain. */
export const SUPPORTED_TYPES = ['javascript', 'mapping'];

/** The type of a method that is known not to exist. */
export const NOT_SUPPORTED = 'not-supported';

/** The code is in a component that other tools built, for example from Rust; the folder has no file for it. */
export const COMPONENT = 'component';

/**
 * The files among `names` that implement one of the methods.
 * @param {readonly string[]} names the files of one folder
 * @param {readonly string[]} methods the method, in all accepted spellings
 * @returns {{ name: string, type: string }[]}
 */
export function methodFiles(names, methods) {
  return names.flatMap((name) => {
    const [suffix, type] = SUFFIXES.find(([each]) => name.endsWith(each)) ?? [];
    const isMethod = suffix !== undefined && methods.includes(name.slice(0, -suffix.length));
    return isMethod && !SPEC_FILES.includes(name) ? [{ name, type }] : [];
  });
}

/**
 * Finds the file that implements the method with the declared type. Reports problems.
 * @param {import('../problems.js').Problems} problems
 * @param {string} folder relative to the connector folder
 * @param {readonly string[]} names the files in it
 * @param {readonly string[]} methods
 * @param {string} type as declared in the spec
 * @returns {string | undefined} relative to the connector folder
 */
export function requireMethodFile(problems, folder, names, methods, type) {
  const found = methodFiles(names, methods);
  const fitting = found.filter((each) => each.type === type);
  const expected = type === 'mapping' ? `${methods[0]}.map.yml` : `${methods[0]}.js`;
  const [first, second] = fitting;
  if (first === undefined) {
    problems.error(`${folder}/${expected}`, undefined, 'the file is missing', missingRemedy(names, found, expected));
    return undefined;
  }
  if (second !== undefined) {
    problems.error(`${folder}/${second.name}`, 1, `\`${first.name}\` implements the same method`, 'Keep one of them.');
  }
  for (const { name } of found.filter((each) => each.type !== type)) {
    problems.warn(`${folder}/${name}`, 1, `spec.yml says \`implementationType: ${type}\`, so nothing reads this file`, 'It is left out of the bundle.');
  }
  return `${folder}/${first.name}`;
}

/**
 * Warns of files that implement methods which the host never calls.
 * @param {import('../problems.js').Problems} problems
 * @param {string} folder relative to the connector folder
 * @param {readonly string[]} names the files in it
 * @param {readonly string[]} methods
 */
export function warnOfUnusedMethods(problems, folder, names, methods) {
  for (const { name } of methodFiles(names, methods)) {
    problems.warn(`${folder}/${name}`, undefined, 'the host never calls this method', 'The file is left out of the bundle.');
  }
}

/**
 * @param {readonly string[]} names
 * @param {{ name: string, type: string }[]} found
 * @param {string} expected
 */
function missingRemedy(names, found, expected) {
  const [other] = found;
  if (other !== undefined) return `There is \`${other.name}\`: change \`implementationType\` in spec.yml, or write \`${expected}\`.`;
  const similar = nearest(expected, names.filter((name) => !SPEC_FILES.includes(name)));
  return similar === undefined ? 'Write it.' : `Is \`${similar}\` meant? Rename it.`;
}
