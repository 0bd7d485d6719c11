/** `node:tty`: there is no terminal. */
export default { isatty: () => false };
