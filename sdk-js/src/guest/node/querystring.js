/** `node:querystring`: node's own code, by unenv. */
import * as querystring from 'unenv/node/querystring';

const { escape, unescape, parse, stringify, encode, decode, unescapeBuffer } = querystring;

export default { escape, unescape, parse, stringify, encode, decode, unescapeBuffer };
