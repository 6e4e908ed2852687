// The size of an element, for charts that draw on a canvas.
import { type RefCallback, useCallback, useRef, useState } from 'react';

export interface ElementSize {
  width: number;
  height: number;
}

export function useElementSize(): [RefCallback<HTMLElement>, ElementSize] {
  const [size, setSize] = useState<ElementSize>({ width: 0, height: 0 });
  const observer = useRef<ResizeObserver | undefined>(undefined);
  const reference = useCallback((element: HTMLElement | null) => {
    observer.current?.disconnect();
    if (!element) {
      return;
    }
    observer.current = new ResizeObserver(([entry]) => {
      if (entry) {
        const { width, height } = entry.contentRect;
        setSize((before) =>
          before.width === width && before.height === height ? before : { width, height },
        );
      }
    });
    observer.current.observe(element);
  }, []);
  return [reference, size];
}
