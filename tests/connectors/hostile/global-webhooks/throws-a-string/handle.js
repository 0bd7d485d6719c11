export default async function handle() {
  throw 'no error object';
}
