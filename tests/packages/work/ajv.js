// checks data against JSON Schema
import Ajv from 'ajv';

export default function work() {
  const check = new Ajv({ allErrors: true }).compile({ type: 'object', required: ['id', 'name'], additionalProperties: false, properties: { id: { type: 'integer', minimum: 1 }, name: { type: 'string', pattern: '^[A-ZÄ]\\w+$', maxLength: 5 }, tags: { type: 'array', uniqueItems: true, items: { enum: ['a', 'b'] } } } });
  return [{ id: 1, name: 'Abc', tags: ['a'] }, { id: 0, name: 'abcdefg', tags: ['a', 'a'], x: 1 }, {}].map((data) => [check(data), check.errors]);
}
