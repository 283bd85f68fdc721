/** AMD's server processors: how each is recognised, and how its TCB and chip id look. Spec: AMD KDS interface (57230), §3.1. */
import type { TcbForm } from './layout/report.ts';

export type ProductName = 'Milan' | 'Genoa' | 'Turin' | 'Venice';

export interface Product {
  /** As KDS names it, in the names of ARK and ASK too. */
  readonly name: ProductName;
  readonly tcb: TcbForm;
  /** Bytes of the hardware id in a VCEK, which are the first of CHIP_ID. */
  readonly hwIdSize: 8 | 64;
}

/** Family, and the lowest and highest model. */
const MODELS: readonly (readonly [ProductName, number, number, number])[] = [
  ['Milan', 0x19, 0x00, 0x0f],
  ['Genoa', 0x19, 0x10, 0x1f],
  ['Genoa', 0x19, 0xa0, 0xaf],
  ['Turin', 0x1a, 0x00, 0x11],
  ['Venice', 0x1a, 0x50, 0x57],
  ['Venice', 0x1a, 0x90, 0x9f],
  ['Venice', 0x1a, 0xa0, 0xaf],
  ['Venice', 0x1a, 0xc0, 0xc7],
];

const PRODUCTS: Readonly<Record<ProductName, Product>> = {
  Milan: { name: 'Milan', tcb: 'milan', hwIdSize: 64 },
  Genoa: { name: 'Genoa', tcb: 'milan', hwIdSize: 64 },
  Turin: { name: 'Turin', tcb: 'turin', hwIdSize: 8 },
  Venice: { name: 'Venice', tcb: 'turin', hwIdSize: 8 },
};

/** The product of a CPUID family and model, or undefined. */
export function productOfCpuid(family: number, model: number): Product | undefined {
  const row = MODELS.find(([, wanted, low, high]) => family === wanted && model >= low && model <= high);
  return row && PRODUCTS[row[0]];
}

/** The product that a name starts with: `Milan-B0` is a Milan. */
export function productOfName(text: string): Product | undefined {
  return Object.values(PRODUCTS).find(({ name }) => text === name || text.startsWith(`${name}-`));
}

/** The product by its own name. */
export function productNamed(name: ProductName): Product {
  return PRODUCTS[name];
}
