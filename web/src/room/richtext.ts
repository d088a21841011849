import type { ChatClient } from '../chat/client';
import { splitText } from '../chat/messagetext';
import { element } from '../ui/dom';

/** A text with its emotes and links, outside of the list. */
export function richText(text: string, client: ChatClient): HTMLElement {
  const span = element('span', 'room-text');
  span.dir = 'auto';
  for (const piece of splitText(text, { me: client.me?.name ?? '', names: [], isEmote: (name) => name in client.emotes })) {
    if (piece.kind === 'emote') span.append(emoteImage(piece.name, client.emotes[piece.name] ?? ''));
    else if (piece.kind === 'link') {
      const link = element('a', 'chat-link', piece.host + piece.path);
      link.href = piece.href;
      link.target = '_blank';
      link.rel = 'noopener noreferrer nofollow ugc';
      span.append(link);
    } else span.append(piece.text);
  }
  return span;
}

/** The picture of a custom emote; only addresses that the server's configuration names come here. */
export function emoteImage(name: string, address: string): HTMLImageElement {
  const image = element('img', 'chat-emote');
  image.src = address;
  image.alt = `:${name}:`;
  image.title = name;
  image.decoding = 'async';
  return image;
}
