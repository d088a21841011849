import type { ChatClient } from '../chat/client';
import { Refusal } from '../chat/refusal';
import type { Poll } from '../chat/types';
import { perform } from '../moderation/perform';
import { announce } from '../ui/announce';
import { element, setText, setLanguage } from '../ui/dom';
import { showToast } from '../ui/toast';
import { roomIcon } from './icons';
import { bars, isOver, stillShown, timeLeft, totalVotes, Votes } from './pollstate';
import { compact } from './ratetext';

/** The server ends a poll; a clock that is wrong by less than this must not end it before. */
const PATIENCE = 10_000;

/** The room's poll: one votes, sees the bars move, and keeps seeing the result for a while. */
export class PollView {
  readonly root = element('section', 'room-poll');
  private readonly question = element('h3', 'room-poll-question');
  private readonly options = element('div', 'room-poll-options');
  private readonly foot = element('p', 'room-poll-foot');
  private readonly end = element('button', 'room-link', 'End poll');
  private readonly votes = new Votes(() => localStorage);
  private readonly timer: number;
  private poll: Poll | null = null;
  private voted: number | null = null;
  private hidden = '';

  constructor(private readonly client: ChatClient) {
    const head = element('p', 'room-card-head');
    this.end.type = 'button';
    this.end.addEventListener('click', () => void perform(client, { act: 'endpoll' }));
    head.append(roomIcon('poll'), 'Poll', this.end);
    const close = element('button', 'room-card-close');
    close.type = 'button';
    close.setAttribute('aria-label', 'Hide the poll');
    close.append(roomIcon('close'));
    close.addEventListener('click', () => {
      this.hidden = this.poll?.id ?? '';
      this.update();
    });
    this.root.setAttribute('aria-label', 'Poll');
    this.options.setAttribute('role', 'group');
    this.root.append(head, this.question, this.options, this.foot, close);
    this.root.hidden = true;
    this.timer = window.setInterval(() => this.tick(), 1000);
  }

  close(): void {
    clearInterval(this.timer);
  }

  update(): void {
    const poll = this.client.settings.poll ?? null;
    const shown = poll !== null && poll.id !== this.hidden && stillShown(poll, Date.now());
    this.root.hidden = !shown;
    if (!shown) {
      this.poll = poll;
      return;
    }
    const before = this.poll;
    this.poll = poll;
    if (before?.id !== poll.id || this.options.childElementCount !== poll.options.length) this.build(poll);
    else if (!before.over && poll.over) this.announceResult(poll);
    this.draw(poll);
  }

  private build(poll: Poll): void {
    this.voted = this.votes.get(poll.id);
    setText(this.question, poll.question);
    setLanguage(this.question, poll.question);
    this.question.dir = 'auto';
    this.options.setAttribute('aria-label', poll.question);
    this.options.replaceChildren(...poll.options.map((option, i) => this.option(option.text, i)));
    if (!this.over(poll)) announce(`Poll: ${poll.question}`);
  }

  private option(text: string, index: number): HTMLElement {
    const button = element('button', 'room-poll-option');
    button.type = 'button';
    const label = element('span', 'room-poll-label', text);
    setLanguage(label, text);
    label.dir = 'auto';
    button.append(element('span', 'room-poll-bar'), label, element('span', 'room-poll-percent'));
    button.addEventListener('click', () => void this.vote(index));
    return button;
  }

  private draw(poll: Poll): void {
    const over = this.over(poll);
    this.root.classList.toggle('over', over);
    this.root.classList.toggle('voted', this.voted !== null);
    bars(poll).forEach((bar, i) => {
      const button = this.options.children[i] as HTMLButtonElement | undefined;
      const percent = button?.querySelector('.room-poll-percent');
      if (!button || !percent) return;
      button.style.setProperty('--share', String(bar.percent / 100));
      button.classList.toggle('leads', over && bar.leads);
      button.setAttribute('aria-pressed', String(this.voted === i));
      // It stays reachable, so that the result can be read; it just does nothing any more.
      button.setAttribute('aria-disabled', String(over || this.voted !== null));
      setText(percent, `${bar.percent} %`);
    });
    this.end.hidden = !this.client.rights.moderate || over;
    const votes = totalVotes(poll);
    const count = `${compact(votes)} vote${votes === 1 ? '' : 's'}`;
    setText(this.foot, `${count} · ${over ? 'Final result' : timeLeft(poll, Date.now())}`);
  }

  private async vote(option: number): Promise<void> {
    const { poll, client } = this;
    if (!poll || this.voted !== null || this.over(poll)) return;
    this.voted = option;
    this.draw(poll);
    try {
      await client.rpc('vote', { room: client.room, poll: poll.id, option });
      this.votes.set(poll.id, option);
      announce(`You voted for ${poll.options[option]?.text ?? ''}`);
    } catch (error) {
      this.voted = null;
      if (this.poll) this.draw(this.poll);
      showToast(error instanceof Refusal ? error.message : 'Your vote did not arrive. Try again.');
    }
  }

  private announceResult(poll: Poll): void {
    const [first] = bars(poll).sort((a, b) => b.votes - a.votes);
    if (first && first.votes > 0) announce(`The poll is over: ${first.text}, ${first.percent} %`);
  }

  private over(poll: Poll): boolean {
    return isOver(poll, Date.now() - PATIENCE);
  }

  private tick(): void {
    if (this.poll && !this.root.hidden) this.update();
  }
}
