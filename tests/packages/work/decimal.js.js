// decimal arithmetic and functions
import Decimal from 'decimal.js';

export default function work() {
  Decimal.set({ precision: 50 });
  return [new Decimal(2).sqrt().toString(), new Decimal('0.1').plus('0.2').toString(), Decimal.exp(1).toString(), new Decimal('1e308').times(10).toString(), Decimal.sin(1).toString(), new Decimal(255).toHex()];
}
