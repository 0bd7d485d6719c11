/** `node:string_decoder`: node's own code, as a package. */
export { default } from 'string_decoder/';
