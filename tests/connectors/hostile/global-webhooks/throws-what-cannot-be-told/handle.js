export default async function handle() {
  throw {
    get name() {
      throw new Error('no name');
    },
    get message() {
      throw new Error('no message');
    },
    get stack() {
      throw new Error('no stack');
    },
    toString() {
      throw new Error('no words');
    },
  };
}
