/** `node:net`: what it tells of addresses; there are no sockets. */
const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const V4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`);
const GROUP = /^[0-9a-f]{1,4}$/i;

const isIPv4 = (/** @type {unknown} */ text) => V4.test(String(text));

/** @param {unknown} text */
function isIPv6(text) {
  const [address] = String(text).split('%');
  const halves = address.split('::');
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  const last = groups.at(-1) ?? '';
  const count = groups.length + (last.includes('.') ? 1 : 0);
  const areGroups = groups.every((each, index) => GROUP.test(each) || (index === groups.length - 1 && isIPv4(each)));
  return areGroups && (halves.length === 2 ? count < 8 : count === 8);
}

const isIP = (/** @type {unknown} */ text) => (isIPv4(text) ? 4 : isIPv6(text) ? 6 : 0);

export default { isIP, isIPv4, isIPv6 };
