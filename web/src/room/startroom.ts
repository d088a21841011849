import './room.css';
import type { ChatClient } from '../chat/client';
import type { Panel } from '../chat/panel';
import type { Stats } from '../chat/types';
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
import { notesOf } from './roomrules';

/** What a room has besides messages: reactions, what a host shows, tools. Returns what ends it. */
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
  panel.setRendering((name) => (client.emotes[name] ? emoteImage(name, client.emotes[name]) : null));
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
    client.on('pulse', ({ stats }) => stats && showRate(rate, stats)),
    client.on('shown', (change) => {
      if (change.kind === 'added') for (const message of client.blocked.without(change.messages)) if (message.announcement) cards.say(message);
    }),
  ];
  update();
  // Tests and people who look behind the scenes.
  Object.assign(window, { lightstickReactions: reactions.overlay });
  return () => {
    for (const end of ends) end();
    reactions.close();
    cards.close();
    poll.close();
  };
}

/** A sampled room says so, and how busy it truly is. */
function showRate(line: HTMLElement, stats: Stats): void {
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
    const notes = notesOf(client.settings, client.me);
    line.hidden = notes.length === 0;
    line.replaceChildren(...notes.map((note) => element('span', '', note)));
  };
}
