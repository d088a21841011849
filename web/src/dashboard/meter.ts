import { announce } from '../ui/announce';
import { byId, setText } from '../ui/dom';
import { budgetLevel, type Level } from './budget';
import { money, percent } from './numbers';

const WORDS: Record<Level['state'], string> = { none: '', fine: '', near: ', near the limit', over: ', over budget' };

/** A budget's bar and its text; colour alone is not accessible. */
export class BudgetMeter {
  private readonly root: HTMLElement;
  private state: Level['state'] | '' = '';

  constructor(id: string, private readonly name: string, private readonly key: string) {
    this.root = byId(id);
  }

  show(cost: number, budget: number, currency: string): void {
    const level = budgetLevel(cost, budget);
    const bar = this.part('.meter-bar');
    this.part('.meter-fill').style.width = `${Math.min(level.share, 1) * 100}%`;
    this.root.dataset.level = level.state;
    const text = level.state === 'none' ? `No limit set (${this.key})` : `${percent(level.share)} of ${money(budget, currency)}${WORDS[level.state]}`;
    setText(this.part('.meter-text'), text);
    bar.hidden = level.state === 'none';
    bar.setAttribute('aria-valuenow', String(Math.round(level.share * 100)));
    bar.setAttribute('aria-valuetext', text);
    if (this.state !== '' && this.state !== level.state && WORDS[level.state]) announce(`${this.name}: ${text}`);
    this.state = level.state;
  }

  private part(selector: string): HTMLElement {
    return this.root.querySelector<HTMLElement>(selector) as HTMLElement;
  }
}
