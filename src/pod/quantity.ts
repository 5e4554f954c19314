// Kubernetes quantities (`500m`, `1Gi`): exact decimal numbers with a suffix.

/** An exact number: `digits` × 10^`exponent`, and the family its suffix belongs to. */
export interface Quantity {
  digits: bigint;
  exponent: number;
  format: 'decimalSI' | 'binarySI' | 'decimalExponent';
}

/** undefined: not a quantity. Numbers are taken as their JSON text. */
export function parseQuantity(text: string | number): Quantity | undefined {
  void text;
  return undefined;
}
