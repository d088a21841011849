export interface Emoji {
  text: string;
  /** Words to find it by, the first is its name. */
  words: string;
}

export interface EmojiGroup {
  name: string;
  emoji: readonly Emoji[];
}

/** A compact set: what is written in a chat during a show. Systems bring all others with their own keyboards. */
export const EMOJI: readonly EmojiGroup[] = [
  group('Cheering', `🎉 party popper|👏 clap|🙌 raised hands|💃 dance|🕺 dancing|🎤 microphone sing|🎶 notes music|🎵 note music|🎸 guitar|🥁 drum
    🎹 piano keyboard|🔥 fire lit|✨ sparkles|⭐ star|🌟 glowing star|💫 dizzy|🎇 sparkler|🎆 fireworks|🏆 trophy|👑 crown queen king|💯 hundred|📣 megaphone|🙏 please thanks pray|🤟 love you|✌️ peace victory|👍 thumbs up yes|👎 thumbs down no|👋 wave hello bye|💪 strong|🫶 heart hands|🫰 finger heart`),
  group('Hearts', `❤️ red heart love|🩷 pink heart|🧡 orange heart|💛 yellow heart|💚 green heart|🩵 light blue heart|💙 blue heart|💜 purple heart|🤍 white heart|🖤 black heart
    💖 sparkling heart|💗 growing heart|💓 beating heart|💞 revolving hearts|💕 two hearts|💘 arrow heart|💝 gift heart|💔 broken heart|💋 kiss|🌹 rose|🌸 blossom|💐 bouquet|🍀 clover luck`),
  group('Faces', `😀 grin|😂 joy tears laugh|🤣 rofl laugh|😊 smile blush|😍 heart eyes|🥰 loved|😘 kiss|🤩 star struck|🥳 party face|😎 cool
    😭 sob cry|🥺 pleading|😢 cry sad|🥹 holding tears|😱 scream shock|🤯 mind blown|😳 flushed|😅 sweat smile|😆 laughing|😉 wink|😋 yum|🤗 hug|🤔 think|😴 sleep|😮 wow|🙈 see no evil monkey|😇 angel|🤭 giggle|🫠 melting|🫡 salute|😤 huff|😡 angry|💀 skull dead|👀 eyes|🙄 eye roll`),
  group('And more', `🐱 cat|🐶 dog|🐰 rabbit bunny|🐻 bear|🐼 panda|🦊 fox|🐥 chick|🦋 butterfly|🌈 rainbow|🌙 moon night|☀️ sun|❄️ snow|⚡ lightning|🌊 wave sea|🍓 strawberry|🍑 peach|🍰 cake|🎂 birthday cake|🍿 popcorn|☕ coffee|🎁 gift|📸 camera photo|⏰ alarm clock|🕯️ candle|🔦 torch light|✅ done check|❓ question|❗ exclamation|🆘 help`),
];

function group(name: string, list: string): EmojiGroup {
  const emoji = list.split(/[|\n]/).map((entry) => {
    const [text = '', ...words] = entry.trim().split(' ');
    return { text, words: words.join(' ') };
  });
  return { name, emoji };
}

/** What goes into a message. */
export interface Suggestion {
  insert: string;
  /** "mina_wave" or "fire lit". */
  label: string;
  /** Address of a picture; else insert is drawn. */
  picture?: string;
}

/** Custom emotes first, then emoji, by the words that begin with what was typed. */
export function find(query: string, emotes: Record<string, string>, most: number): Suggestion[] {
  const wanted = query.toLowerCase();
  const begins = (name: string) => name.toLowerCase().startsWith(wanted);
  const own = Object.entries(emotes);
  const first = own.filter(([name]) => begins(name));
  const inside = own.filter(([name]) => !begins(name) && name.toLowerCase().includes(wanted));
  const emoji = EMOJI.flatMap((g) => g.emoji).filter((e) => e.words.split(' ').some(begins));
  return [
    ...[...first, ...inside].map(([name, picture]) => ({ insert: `:${name}:`, label: name, picture })),
    ...emoji.map((e) => ({ insert: e.text, label: e.words })),
  ].slice(0, most);
}

/** The :name that is being typed before the cursor; null if there is none. */
export function typedName(text: string, cursor: number): { from: number; query: string } | null {
  const match = /(?:^|[\s\p{P}])(:([\w-]{2,32}))$/u.exec(text.slice(0, cursor));
  const query = match?.[2];
  return match?.[1] && query ? { from: cursor - match[1].length, query } : null;
}
