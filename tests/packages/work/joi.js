// checks and converts data
import Joi from 'joi';

export default function work() {
  const schema = Joi.object({ id: Joi.number().integer().required(), email: Joi.string().email(), at: Joi.date().iso(), url: Joi.string().uri() }).with('id', 'email');
  return [{ id: '5', email: 'a@example.com', at: '2026-01-02' }, { id: 1.5, email: 'x', url: 'no' }, {}].map((data) => {
    const { value, error } = schema.validate(data, { abortEarly: false });
    return [value, error?.details.map(({ message }) => message)];
  });
}
