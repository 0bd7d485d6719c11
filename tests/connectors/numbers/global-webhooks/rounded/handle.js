// What an author does who knows of no large numbers: rounds the id.
export default async function handle({ data }) {
  return { events: [{ [data.as]: Number(data.id), ...(data.as === 'selector' ? {} : { selector: 'portal:1' }), payload: data }] };
}
