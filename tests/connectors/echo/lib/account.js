export function findAccount(user) {
  if (!user) {
    throw new Error('this user has no account');
  }
  return `account:${user.account}`;
}
