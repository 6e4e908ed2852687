// The mark of the product: a pulse on a warm square. Decorative; the name stands beside it.
export function Logo({ size = 28 }: { size?: number }) {
  return <img src="/favicon.svg" width={size} height={size} alt="" />;
}
