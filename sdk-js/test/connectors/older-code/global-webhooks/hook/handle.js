const { selectorOf } = require('../../lib/Selector.js')

module.exports = async function ({ data }) {
  console.log('a message of', data.user)
  return { events: [{ selector: selectorOf(data.user), payload: data }] }
}
