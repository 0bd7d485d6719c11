/**
 * `structuredClone`, by a package; here it fails as the standard has it.
 */
// @ts-ignore: the package has no types.
import { deserialize, serialize } from '@ungap/structured-clone';

/**
 * @template T
 * @param {T} value
 * @returns {T}
 */
export function structuredClone(value) {
  try {
    return deserialize(serialize(value));
  } catch (error) {
    throw new DOMException(error instanceof Error ? error.message : String(error), 'DataCloneError');
  }
}
