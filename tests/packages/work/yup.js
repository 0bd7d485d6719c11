// checks and converts data
import * as yup from 'yup';

export default async function work() {
  const schema = yup.object({ id: yup.number().integer().required(), email: yup.string().email(), at: yup.date() });
  const failed = await schema.validate({ email: 'x' }, { abortEarly: false }).catch(({ errors }) => errors);
  return [await schema.validate({ id: '5', email: 'a@b.co', at: '2026-01-02T00:00:00Z' }), failed];
}
