import type { ChatClient } from './client';
import type { Message } from './types';

/** A line of a message's menu. */
export interface MessageAction {
  label: string;
  danger?: boolean;
  run: () => void;
}

/** What else can be done with a message. The row is where a dialog may point to. */
export type MessageMenu = (message: Message, row: HTMLElement) => MessageAction[];

/** Draws the emote :name:; null if there is none of that name. */
export type EmoteRendering = (name: string) => Node | null;

/** The chat beside the picture. */
export class Panel {
  /** Above the list: what is pinned, the poll. */
  readonly top = document.createElement('div');
  /** Beside the composer's field: buttons. */
  readonly tools = document.createElement('div');

  constructor(
    readonly root: HTMLElement,
    readonly client: ChatClient,
  ) {
    root.append(this.top, this.tools);
  }

  /** Adds to the menu of messages. */
  onMessageMenu(_menu: MessageMenu): void {}

  setRendering(_rendering: EmoteRendering): void {}

  /** Types into the composer, where the cursor is. */
  insert(_text: string): void {}

  /** A line for this viewer alone, such as what became of a command. */
  note(_text: string): void {}
}
