import type { Refusal } from '../net/playbacktoken';
import { announce } from '../ui/announce';
import { byId, setText } from '../ui/dom';
import { illustrationOf } from './illustrations';
import type { SceneName, View } from './scene';

interface CoverText {
  title: string;
  text: string;
}

const player = byId('player');
const scene = byId('scene');
const art = byId('scene-art');
const title = byId('scene-title');
const text = byId('scene-text');
const retry = byId('retry');
const notice = byId('notice');
const noticeText = byId('notice-text');

/** A recording to watch instead. */
export interface RecordingOffer {
  href: string;
  /** Its picture; "" if there is none. */
  poster: string;
}

const offerLink = byId<HTMLAnchorElement>('offer');
const poster = byId<HTMLImageElement>('scene-poster');

const ENDED_WITH_RECORDING: CoverText = { title: 'This show has ended', text: 'It was recorded: you can watch it from the beginning.' };

let shown: View | undefined;

/** Shows or hides the full picture and the notice over the video; name is the show's. */
export function showCover(view: View, name: string, offer: RecordingOffer | null = null): void {
  showOffer(view.scene === 'ended' || view.scene === 'offline' ? offer : null);
  const changed = shown?.scene !== view.scene || shown.notice !== view.notice || shown.refusal !== view.refusal;
  if (view.scene) {
    const words = view.scene === 'ended' && offer ? ENDED_WITH_RECORDING : sceneText(view.scene, view.refusal, name);
    setText(title, words.title);
    setText(text, words.text);
  }
  if (!changed) return;

  const before = shown;
  shown = view;
  scene.hidden = !view.scene;
  retry.hidden = view.scene !== 'error' && view.scene !== 'refused';
  notice.hidden = !view.notice;
  player.dataset.scene = view.scene ?? '';
  if (view.scene) {
    scene.dataset.scene = view.scene;
    art.innerHTML = illustrationOf(view.scene);
    if (view.scene !== 'loading') {
      announce(title.textContent ?? '');
      announce(text.textContent ?? '');
    }
  }
  if (view.notice) {
    setText(noticeText, textOfNotice(view.notice));
    announce(noticeText.textContent ?? '');
  }
  if (!view.scene && !view.notice && before) announce('Playing');
}

function sceneText(scene: SceneName, refusal: Refusal | undefined, name: string): CoverText {
  switch (scene) {
    case 'refused':
      return refusalText(refusal ?? 'missing', name);
    case 'loading':
      return { title: '', text: '' };
    case 'offline':
      return { title: `${name} is offline`, text: 'This page starts by itself when the show begins.' };
    case 'starting':
      return { title: 'Starting…', text: 'The lights go up in a moment.' };
    case 'reconnecting':
      return { title: 'Hold on', text: 'The broadcaster lost connection. The show goes on as soon as it is back.' };
    case 'stopped':
      return { title: 'The show has ended', text: 'Thank you for watching. Should it go on soon, it starts here by itself.' };
    case 'ended':
      return { title: 'The show has ended', text: 'Thank you for watching.' };
    case 'missing':
      return { title: 'No such show', text: 'Nothing is broadcast at this address. Check the link you were given.' };
    case 'gone':
      return { title: 'This recording is gone', text: 'It was deleted, or the link is not quite right.' };
    case 'expired':
      return { title: 'This recording has expired', text: 'It was kept for a while only. Thank you for your interest.' };
    case 'unreachable':
      return { title: 'Can’t reach the server', text: 'Trying again every few seconds.' };
    case 'error':
      return { title: 'Playback stopped', text: 'Something in the stream could not be played here.' };
  }
}

function refusalText(refusal: Refusal, name: string): CoverText {
  const title = `You can’t watch ${name} here`;
  switch (refusal) {
    case 'missing':
      return { title: `${name} needs a ticket`, text: 'Open this page with the link that came with yours.' };
    case 'signature':
      return { title: 'This ticket is not valid', text: 'The link may be damaged. Open it again where you got it.' };
    case 'expired':
      return { title: 'Your ticket has expired', text: 'Open the show again where you got your link, to go on watching.' };
    case 'early':
      return { title: 'You are early', text: 'Your ticket is not valid yet. Try again when the show begins.' };
    case 'stream':
      return { title: 'This ticket is for another show', text: 'Check the link you were given.' };
    case 'place':
      return { title, text: 'The show can’t be watched at this address. Use the link that you were given.' };
    case 'address':
      return { title, text: 'Your ticket is for another network. Open your link again from where you are now.' };
    case 'country':
      return { title, text: 'It is not shown in the country you seem to be in.' };
    case 'referrer':
      return { title, text: 'Open it on the site where you got your ticket.' };
    case 'screens':
      return { title: 'Your ticket is in use elsewhere', text: 'It plays on as many screens as it allows. Stop one of them; half a minute later this one starts by itself.' };
  }
}

/** A link like any other, which can be opened in a new tab or copied. */
function showOffer(offer: RecordingOffer | null): void {
  offerLink.hidden = !offer;
  scene.classList.toggle('offering', offer !== null);
  poster.hidden = !offer?.poster;
  if (!offer) return;
  if (offerLink.getAttribute('href') !== offer.href) offerLink.href = offer.href;
  if (offer.poster && poster.getAttribute('src') !== offer.poster) poster.src = offer.poster;
}

function textOfNotice(notice: NonNullable<View['notice']>): string {
  return notice === 'reconnecting'
    ? 'The broadcaster lost connection – hold on'
    : 'No connection to the server – trying again';
}
