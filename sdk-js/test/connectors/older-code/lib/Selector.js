exports.selectorOf = (user) => `user:${user}`
