import assert from 'node:assert/strict';
import { test } from 'node:test';
import { channels, isColor, lighten } from './.out/reactions/palette.js';
import { glowFor, MAX_PER_TICK, particlesFor, shareParticles } from './.out/reactions/density.js';
import { ParticleLimit } from './.out/reactions/particlelimit.js';
import { MAX_PARTICLES, Particles, pose } from './.out/reactions/particles.js';
import { MAX_TAPS, Taps } from './.out/reactions/taps.js';
import { crest, FADE, HOLD, lit, over, RAMP, SPACING, SWEEP, WaveQueue } from './.out/reactions/wavecurve.js';

/** The same every time. */
function random(seed = 7) {
  return () => ((seed = (seed * 16807) % 2147483647) - 1) / 2147483646;
}

test('taps are gathered into a call, as many as the server counts', () => {
  const taps = new Taps();
  assert.equal(taps.flush(0), null);
  for (let i = 0; i < 3; i++) assert.ok(taps.addTap('heart', 100));
  taps.addTap('#ff5d7d', 150);
  assert.deepEqual(taps.flush(200), { heart: 3, '#ff5d7d': 1 });
  assert.equal(taps.flush(200), null);
  let counted = 0;
  for (let i = 0; i < 100; i++) if (taps.addTap('heart', 300)) counted++;
  assert.equal(counted, MAX_TAPS - 4);
  assert.equal(taps.addTap('heart', 999), false);
  for (let i = 0; i < 4; i++) assert.ok(taps.addTap('heart', 1000), 'another second');
  assert.equal(taps.addTap('heart', 1000), false, 'the call is full');
  taps.flush(1100);
  assert.ok(taps.addTap('heart', 1101));
});

test('own taps are not shown a second time when they come back', () => {
  const taps = new Taps();
  for (let i = 0; i < 5; i++) taps.addTap('heart', 0);
  taps.flush(200);
  assert.deepEqual(taps.withoutOwn({ heart: 3 }, 300), {});
  assert.deepEqual(taps.withoutOwn({ heart: 10, star: 1 }, 500), { heart: 8, star: 1 });
  assert.deepEqual(taps.withoutOwn({ heart: 1 }, 600), { heart: 1 });
  taps.addTap('heart', 700);
  taps.flush(900);
  assert.deepEqual(taps.withoutOwn({ heart: 1 }, 4000), { heart: 1 }, 'what is long ago was lost');
  taps.addTap('heart', 4100);
  const counts = taps.flush(4200);
  taps.addLost(counts);
  assert.deepEqual(taps.withoutOwn({ heart: 1 }, 4300), { heart: 1 });
});

test('few taps are shown one by one, a hundred thousand a second saturate', () => {
  assert.deepEqual([0, 1, 2, 3].map(particlesFor), [0, 1, 2, 3]);
  let before = 0;
  for (let taps = 1; taps <= 1e7; taps *= 1.5) {
    const now = particlesFor(taps);
    assert.ok(now >= before && now <= MAX_PER_TICK, `${taps}: ${now} after ${before}`);
    before = now;
  }
  assert.ok(particlesFor(20) > particlesFor(3) && particlesFor(2000) > particlesFor(200), 'each tenfold can be seen');
  assert.equal(particlesFor(20_000), particlesFor(2_000_000));
  assert.equal(glowFor(5), 0);
  assert.equal(glowFor(1e6), 1);
  assert.ok(glowFor(100) < glowFor(10_000));
});

test('particles are shared by what was tapped, and a lone tap is seen', () => {
  assert.deepEqual(shareParticles({ heart: 3 }, 3), [['heart', 3]]);
  assert.deepEqual(shareParticles({ heart: 900, star: 90, '#4d8dff': 1 }, 16), [['heart', 13], ['star', 2], ['#4d8dff', 1]]);
  assert.deepEqual(shareParticles({ a: 1, b: 1, c: 1, d: 1 }, 2).length, 2);
  assert.deepEqual(shareParticles({}, 0), []);
  assert.deepEqual(shareParticles({ heart: 0, star: -4 }, 3), []);
  for (const counts of [{ a: 7, b: 3, c: 2 }, { a: 1, b: 1, c: 1 }, { a: 1e9, b: 1 }]) {
    for (let n = 3; n <= 16; n++) assert.equal(shareParticles(counts, n).reduce((sum, [, c]) => sum + c, 0), n);
  }
});

test('there are never more particles than may be, and they all end', () => {
  const particles = new Particles(random());
  for (let second = 0; second < 20; second += 0.2) {
    for (let i = 0; i < 200; i++) particles.add('heart', 1, 0.2);
    particles.addOwn('#ff5d7d', 0.5);
    particles.step(0.2);
    assert.ok(particles.all.length <= MAX_PARTICLES);
  }
  assert.ok(particles.all.some(({ own }) => own), 'one’s own is shown in a full hall, too');
  for (let i = 0; i < 50; i++) particles.step(0.1);
  assert.equal(particles.all.length, 0);
});

test('a particle comes up softly, stays in the picture and fades', () => {
  const particles = new Particles(random());
  for (let i = 0; i < 100; i++) particles.add('heart', i / 100, 0);
  for (const particle of particles.all) {
    let alpha = 0;
    for (let age = 0; age <= particle.life; age += 1 / 60) {
      particle.age = age;
      const at = pose(particle, 16 / 9);
      assert.ok(at.x > -0.08 && at.x < 1.08 && at.y > 0.05 && at.y < 1.1, `${at.x} ${at.y}`);
      assert.ok(Math.abs(at.alpha - alpha) < 0.15, 'no frame flashes');
      assert.ok(at.size <= particle.size * 1.2);
      alpha = at.alpha;
    }
    assert.ok(alpha < 0.05);
    particle.age = -0.1;
    assert.equal(pose(particle, 1), null);
  }
});

test('few rise at the side, many from everywhere', () => {
  const place = (crowd) => {
    const particles = new Particles(random());
    for (let i = 0; i < 200; i++) particles.add('heart', crowd, 0);
    return particles.all.map(({ x }) => x);
  };
  assert.ok(place(0).every((x) => x > 0.7));
  const many = place(1);
  assert.ok(many.filter((x) => x < 0.4).length > 40 && many.filter((x) => x > 0.4 && x < 0.6).length < 30);
});

test('a slow machine gets fewer, and more again', () => {
  const limit = new ParticleLimit(260);
  for (let i = 0; i < 400; i++) limit.addFrame(1 / 20);
  assert.equal(limit.limit, 40);
  limit.addFrame(60);
  assert.equal(limit.limit, 40, 'a tab that was away is not slow');
  for (let i = 0; i < 600; i++) limit.addFrame(1 / 60);
  assert.equal(limit.limit, 260);
});

test('a wave sweeps once and its ramps are far below three flashes a second', () => {
  for (const x of [0, 0.3, 1]) {
    let before = lit(x, 0);
    assert.equal(before, 0);
    for (let t = 0; t <= SWEEP + HOLD + FADE; t += 1 / 60) {
      const now = lit(x, t);
      // From dark to light takes RAMP: 1 / 0.9 s up, never up and down within a third of a second.
      assert.ok(Math.abs(now - before) <= (1.6 / RAMP) * (1 / 60), `${x} at ${t}`);
      before = now;
    }
    assert.equal(lit(x, SWEEP + RAMP), 1);
    assert.ok(before < 0.01);
  }
  assert.ok(lit(0, 1) > lit(1, 1) && crest(0.5, 0.5 * SWEEP + RAMP / 2) > 0.99 && crest(0.5, 8) < 0.01);
  assert.ok(over(SWEEP + HOLD + FADE) && !over(5));
});

test('waves that are called in a hurry wait, and the last one counts', () => {
  const queue = new WaveQueue();
  assert.equal(queue.offer('#111111', 10), '#111111');
  assert.equal(queue.offer('#222222', 10.1), null);
  assert.equal(queue.offer('#333333', 10.2), null);
  assert.ok(Math.abs(queue.wait(10.2) - (SPACING - 0.2)) < 1e-9);
  assert.equal(queue.due(11), null);
  assert.equal(queue.due(10 + SPACING), '#333333');
  assert.equal(queue.due(100), null);
  assert.equal(queue.wait(100), null);
  assert.ok(1 / SPACING < 3, 'changes of colour a second');
});

test('colours', () => {
  assert.ok(isColor('#ff5d7d') && isColor('#FF5D7D') && !isColor('#fff') && !isColor('red') && !isColor('#ff5d7d;'));
  assert.deepEqual(channels('#ff5d7d'), [255, 93, 125]);
  assert.equal(lighten('#000000', 0.5), '#808080');
});
