import './room.css';
import type { ChatClient } from '../chat/client';
import type { Panel } from '../chat/panel';
import type { RoomStats } from '../chat/types';
import { addBlocking } from '../moderation/blocking';
import { addModeration } from '../moderation/messageactions';
import { addReporting } from '../moderation/reporting';
import { StaffPanel } from '../moderation/staffpanel';
import { Reactions } from '../reactions/reactions';
import { byId, element, setText } from '../ui/dom';
import { Cards } from './cards';
import { EmoteCompletion } from './emotecompletion';
import { Picker } from './picker';
import { PollView } from './pollview';
import { rateText } from './ratetext';
import { emoteImage } from './richtext';
import { roomRules } from './roomrules';

/** Starts reactions, cards, polls, emotes and moderation tools. Returns a function that stops them. */
export function startRoom(client: ChatClient, panel: Panel): () => void {
  const reactions = new Reactions(client, byId('player'));
  const cards = new Cards(client);
  const poll = new PollView(client);
  const staff = new StaffPanel(client);
  const picker = new Picker(client, (text) => panel.insert(text));
  const rate = element('p', 'room-rate');
  rate.hidden = true;
  panel.top.append(rate, poll.root, cards.root);
  panel.root.append(staff.root, picker.root);
  panel.tools.append(staff.button, picker.button);
  panel.setEmoteRenderer((name) => (client.emotes[name] ? emoteImage(name, client.emotes[name]) : null));
  addBlocking(panel, client);
  addReporting(panel, client);
  addModeration(panel, client);
  const notes = composerNotes(panel, client);
  const update = () => {
    cards.update();
    poll.update();
    staff.update();
    notes();
  };
  const ends = [
    client.on('room', update),
    client.on('me', update),
    client.on('reactionTick', ({ stats }) => stats && showRate(rate, stats)),
    client.on('shown', (change) => {
      if (change.kind === 'added') for (const message of client.blocked.without(change.messages)) if (message.announcement) cards.showAnnouncement(message);
    }),
  ];
  update();
  // For tests and the browser's console.
  Object.assign(window, { lightstickReactions: reactions.overlay });
  return () => {
    for (const end of ends) end();
    reactions.close();
    cards.close();
    poll.close();
  };
}

/** A sampled room says so, and how busy it truly is. */
function showRate(line: HTMLElement, stats: RoomStats): void {
  const text = rateText(stats);
  line.hidden = text === '';
  line.title = 'So much is written that everybody sees a fair sample of it';
  setText(line, text);
}

/** The room's rules over the field that they are about. */
function composerNotes(panel: Panel, client: ChatClient): () => void {
  const form = panel.tools.closest('form');
  const line = element('p', 'room-notes');
  const field = form?.querySelector('textarea');
  form?.prepend(line);
  if (form && field) form.insertBefore(new EmoteCompletion(field, () => client.emotes).list, field.closest('.chat-field'));
  return () => {
    const notes = roomRules(client.settings, client.me);
    line.hidden = notes.length === 0;
    line.replaceChildren(...notes.map((note) => element('span', '', note)));
  };
}
