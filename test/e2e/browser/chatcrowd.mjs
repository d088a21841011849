import { user } from './fakechat.mjs';

/** A room as it is at a show, for pictures that people look at. */
export function fill(room) {
  const say = (name, text, more = {}, who = {}) => room.say(user(name, who), text, more);
  const lines = [
    ['준호', '드디어 시작!! 오늘도 최고 🔥'], ['نورة', 'مرحبا من الرياض، أحبكم جداً 💜'], ['Mina', 'the lights 😭😭'], ['하은', '와 조명 미쳤다 ㅠㅠ'],
    ['Leo_92', 'first time watching live, hello from São Paulo'], ['さくら', 'かわいい〜〜！'], ['דנה', 'שלום לכולם, איזה ערב יפה'], ['서연', '💜💜💜'],
  ];
  for (let i = 0; i < 24; i++) say(...lines[i % lines.length]);
  say('Hana', 'Welcome! Lightsticks on for the next song.', { announcement: true }, { role: 'host', color: '#ff5fa2' });
  const question = say('Leo_92', 'does anyone know the name of the second song? I have been looking for it since the tour in Busan and nobody could tell me');
  say('지우', '@Leo_92 "은하수" 예요! https://aurora.example/discography/milky-way-2026?track=2', { mentions: ['u-Leo_92'], reply: { id: question.id, user: 'u-Leo_92', name: 'Leo_92', text: question.text.slice(0, 80) } }, { role: 'subscriber' });
  say('Mod Kim', 'No spoilers for those who watch behind, please', {}, { role: 'moderator' });
  say('نورة', 'هذا أجمل عرض رأيته في حياتي، شكراً لكم جميعاً على هذه الليلة', {}, { role: 'subscriber' });
  say('PollBot', 'Vote for the encore: type 1 or 2', {}, { bot: true });
  say('Z̴a̵l̶g̷o̸', 'H̷̛̤ë̴́ ̸̈c̶̛o̴m̶e̵s̷̀');
  say('👩‍🚀 Astro', '👩‍👩‍👧‍👦🏳️‍🌈🇰🇷');
  say('An extraordinarily long name of 32c', 'short');
  say('하은', '@Mina 오늘 의상 봤어? 진짜 예쁘다', { mentions: ['me'] });
  room.push(`react:${room.name}`, { data: { stats: { viewers: 18_432, rate: 42, shown: 0.31 } } });
}
