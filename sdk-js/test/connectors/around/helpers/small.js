export const small = (text) => text.toLowerCase()
