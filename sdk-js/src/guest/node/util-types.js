/** `node:util/types`. */
import util from 'node:util';

export default util.types;
