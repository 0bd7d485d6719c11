/** `node:util/types`. */
import types from 'util/support/types.js';

export default { ...types };
