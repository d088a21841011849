/** The element with this id; the page's HTML and code ship together, so it must be there. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (!element) throw new Error(`missing element #${id}`);
  return element as T;
}

/** Sets text only when it changed, to avoid layout and repeated announcements. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

const HANGUL = /\p{Script=Hangul}/u;

/**
 * Sets lang="ko" on a text that holds Hangul, for line breaks, fonts and speech: viewers
 * and creators don't declare a language.
 */
export function setLanguage(element: HTMLElement, text: string): void {
  const lang = HANGUL.test(text) ? 'ko' : '';
  if (element.lang !== lang) element.lang = lang;
}

/** An element with a class and text; never with markup, for names come from anybody. */
export function element<K extends keyof HTMLElementTagNameMap>(tag: K, className = '', text = ''): HTMLElementTagNameMap[K] {
  const e = document.createElement(tag);
  if (className) e.className = className;
  if (text) e.textContent = text;
  return e;
}

/** One of the page's icons, drawn from the sprite at the top of the HTML. */
export function icon(name: string): SVGSVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  use.setAttribute('href', `#icon-${name}`);
  svg.append(use);
  return svg;
}
