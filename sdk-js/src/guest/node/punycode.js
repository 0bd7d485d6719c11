/** `node:punycode`. */
import * as punycode from 'punycode/';

export default { ...punycode };
