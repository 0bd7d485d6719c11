// makes random ids
import { customAlphabet, nanoid } from 'nanoid';

export default function work() {
  const ids = Array.from({ length: 50 }, () => nanoid());
  return [new Set(ids).size, ids.every((id) => /^[\w-]{21}$/.test(id)), /^[ab]{10}$/.test(customAlphabet('ab', 10)())];
}
