export default async function handle() {
  JSON.stringify = () => '{"forged":true}';
  JSON.parse = () => ({ forged: true });
  Array.isArray = () => true;
  Array.prototype.map = () => ['forged'];
  Object.prototype.selector = 'forged';
  Object.entries = () => [['forged', 'forged']];
  String.prototype.toLowerCase = () => 'forged';
  return { events: [{ selector: 'a', payload: 1 }], response: { data: 'done' } };
}
