import { element } from './element';
import { hostOf } from './host';
import type { Source } from './types';

/** A link to where a price was read, in a tab of its own that does not learn of this page. */
export function sourceLink(source: Source): HTMLElement {
  const host = hostOf(source.url);
  if (host === null) return element('span', '', source.url);
  const link = element('a', '', host);
  link.href = source.url;
  link.target = '_blank';
  link.rel = 'noopener noreferrer';
  return link;
}
