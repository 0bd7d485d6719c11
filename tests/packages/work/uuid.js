// makes and reads UUIDs
import { NIL, parse, stringify, v4, v5, validate, version } from 'uuid';

export default function work() {
  const random = v4();
  return [validate(random), version(random), random === v4(), v5('hello', v5.DNS), stringify(parse('6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b')), NIL, validate('x')];
}
