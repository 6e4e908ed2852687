// A figure that leads to its data links, if it has any.
import { DataLinksContextMenu } from '@grafana/ui';
import type { CSSProperties, MouseEventHandler, ReactElement } from 'react';
import type { useFieldValues } from './values';

interface WithLinksProps {
  value: ReturnType<typeof useFieldValues>[number];
  style: CSSProperties;
  children: (onClick?: MouseEventHandler<HTMLElement>, className?: string) => ReactElement;
}

export function WithLinks({ value, style, children }: WithLinksProps) {
  return value.hasLinks && value.getLinks ? (
    <DataLinksContextMenu links={value.getLinks} style={style}>
      {({ openMenu, targetClassName }) => children(openMenu, targetClassName)}
    </DataLinksContextMenu>
  ) : (
    children()
  );
}
