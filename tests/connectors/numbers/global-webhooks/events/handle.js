// A list of items, by itself or as the field `payload` of a form. A number made of such an item by ordinary code is none
// that a double rounded.
export default async function handle({ data }) {
  const items = typeof data.payload === 'string' ? JSON.parse(data.payload) : data;
  return {
    events: items.map((item) => ({
      selector: `portal:${item.portalId}`,
      id: item.eventId,
      orderingKey: item.order,
      payload: item,
    })),
  };
}
