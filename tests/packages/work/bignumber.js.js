// arithmetic beyond doubles
import BigNumber from 'bignumber.js';

export default function work() {
  const big = new BigNumber('9007199254740993.123456789');
  return [big.plus(1).toString(), big.times(big).toFixed(10), big.sqrt().toPrecision(40), new BigNumber(1).div(3).toString(), big.toFormat(2), new BigNumber('ff', 16).toString(2), BigNumber.max('1e500', 2).toString()];
}
