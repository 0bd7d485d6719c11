/** `node:http` and `node:https`: agents may be made, for clients make them at once; requests are refused. */
class Agent {
  /** @param {object} [options] */
  constructor(options) {
    this.options = { ...options };
    this.sockets = {};
    this.requests = {};
  }

  destroy() {}
}

export default { Agent, globalAgent: new Agent() };
