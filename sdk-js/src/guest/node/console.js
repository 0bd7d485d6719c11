/** `node:console`: the global. */
export default console;
