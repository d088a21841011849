import { icon, setText } from '../ui/dom';
import { waitTime } from './format';
import { element } from './messagerow';
import { NameCompletion } from './namecompletion';
import type { Refusal } from './refusal';
import type { Message, User } from './types';

/** The server's limit, in characters as Unicode counts them. */
const LONGEST = 500;
/** From here on it is shown how many are left. */
const COUNTDOWN_FROM = 80;
const MAX_HEIGHT = 96;

export interface ComposerEvents {
  /** False: it can't be taken now, the text stays. */
  send: (text: string, reply: Message | undefined) => boolean;
  people: (prefix: string) => Promise<User[]>;
}

/** The text field, the message it replies to, and the reason of a refusal. */
export class Composer {
  readonly form = element('form', 'chat-composer');
  readonly field = element('textarea', 'chat-input');
  /** Buttons beside the field, added by other modules. */
  readonly tools = element('div', 'chat-tools');
  private readonly notice = element('p', 'chat-notice');
  private readonly replying = element('div', 'chat-replying');
  private readonly replyName = document.createElement('bdi');
  private readonly send = element('button', 'chat-send');
  private readonly left = element('span', 'chat-left');
  private readonly completion: NameCompletion;
  private reply: Message | undefined;
  private waitUntil = 0;
  private noticeText = '';
  private timer = 0;

  constructor(private readonly events: ComposerEvents) {
    const { form, field, send, notice, replying, left, tools } = this;
    this.completion = new NameCompletion(field, events.people);
    field.rows = 1;
    field.dir = 'auto';
    field.placeholder = 'Say something';
    field.setAttribute('aria-label', 'Message');
    field.enterKeyHint = 'send';
    field.autocomplete = 'off';
    send.type = 'submit';
    send.setAttribute('aria-label', 'Send');
    send.title = 'Send (Enter)';
    send.append(icon('send'));
    notice.setAttribute('role', 'status');
    notice.hidden = true;
    replying.hidden = true;
    const cancel = element('button', 'chat-inline');
    cancel.type = 'button';
    cancel.setAttribute('aria-label', 'Do not reply');
    cancel.append(icon('close'));
    cancel.addEventListener('click', () => this.setReply(undefined));
    const words = element('span', 'chat-replying-words');
    words.append('Replying to ', this.replyName);
    replying.append(icon('reply'), words, cancel);
    const row = element('div', 'chat-field');
    row.append(field, left, tools, send);
    form.append(notice, replying, this.completion.list, row);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.submit();
    });
    field.addEventListener('input', () => this.update());
    field.addEventListener('keydown', (event) => this.onKey(event));
    row.addEventListener('click', ({ target }) => {
      if (target === row) field.focus();
    });
    this.update();
  }

  /** Answers a message with what is written next. */
  setReply(message: Message | undefined): void {
    this.reply = message;
    this.replying.hidden = !message;
    if (message) setText(this.replyName, message.user.name);
    this.field.focus();
  }

  insert(text: string): void {
    const { field } = this;
    field.setRangeText(text, field.selectionStart, field.selectionEnd, 'end');
    field.focus();
    this.update();
  }

  /** The server would not have it: why, for how long, and the text again. False when the field is in use. */
  restoreRefused(text: string, reply: Message | undefined, refusal: Refusal): boolean {
    this.showNotice(refusal.message, refusal.retryMs);
    if (this.field.value.trim() !== '') return false;
    this.field.value = text;
    this.reply = reply;
    this.replying.hidden = !reply;
    if (reply) setText(this.replyName, reply.user.name);
    this.update();
    return true;
  }

  showNotice(text: string, waitMs = 0): void {
    clearInterval(this.timer);
    this.noticeText = text;
    this.waitUntil = waitMs > 0 ? performance.now() + waitMs : 0;
    this.updateNotice();
    if (waitMs > 0) this.timer = window.setInterval(() => this.updateNotice(), 250);
  }

  private updateNotice(): void {
    const { notice, waitUntil, noticeText } = this;
    const rest = waitUntil - performance.now();
    if (waitUntil > 0 && rest <= 0) {
      clearInterval(this.timer);
      this.waitUntil = 0;
      this.noticeText = '';
      this.update();
    }
    notice.hidden = this.noticeText === '';
    if (this.noticeText === '') return notice.replaceChildren();
    // The seconds are not read out each time.
    if (notice.firstChild?.textContent !== noticeText) notice.replaceChildren(noticeText, element('span', 'chat-wait'));
    const wait = notice.querySelector('.chat-wait');
    wait?.setAttribute('aria-hidden', 'true');
    if (wait) setText(wait, rest > 0 ? waitTime(rest) : '');
    this.update();
  }

  private submit(): void {
    const text = this.field.value.replace(/\s+/gu, ' ').trim();
    if (text === '' || this.waitUntil > 0 || length(text) > LONGEST) return;
    if (!this.events.send(text, this.reply)) return this.showNotice('Wait for what you have sent already.');
    this.field.value = '';
    this.showNotice('');
    this.setReply(undefined);
    this.update();
  }

  private onKey(event: KeyboardEvent): void {
    // While a syllable is being put together, keys belong to the input method.
    if (event.isComposing || event.keyCode === 229) return;
    if (this.completion.onKey(event)) return event.preventDefault();
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      this.submit();
    } else if (event.key === 'Escape' && this.reply) this.setReply(undefined);
  }

  private update(): void {
    const { field, send, left } = this;
    if (this.waitUntil === 0 && this.noticeText !== '' && field.value === '') {
      this.noticeText = '';
      this.notice.hidden = true;
    }
    const rest = LONGEST - length(field.value);
    setText(left, rest <= COUNTDOWN_FROM ? String(rest) : '');
    left.classList.toggle('over', rest < 0);
    send.disabled = field.value.trim() === '' || rest < 0 || this.waitUntil > 0;
    field.style.height = 'auto';
    // What is not in the page yet has no height.
    if (field.scrollHeight > 0) field.style.height = `${Math.min(field.scrollHeight, MAX_HEIGHT)}px`;
  }
}

function length(text: string): number {
  return [...text].length;
}
