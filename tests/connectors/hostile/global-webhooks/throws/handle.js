export default async function handle({ data }) {
  return readOrder(data);
}

function readOrder(data) {
  throw new RangeError(`order ${data.order} is out of range`);
}
