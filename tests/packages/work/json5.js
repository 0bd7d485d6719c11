// JSON with comments
import JSON5 from 'json5';

export default function work() {
  let failure;
  try {
    JSON5.parse('{a:}');
  } catch (error) {
    failure = error.message;
  }
  return [JSON5.parse("{ // c\n a: 'x', b: [1, .5, +Infinity,], ünï: 0xF }"), JSON5.stringify({ a: 1, 'b-c': ['x'] }, null, 1), failure];
}
