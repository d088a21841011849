import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ResumePositions } from './.out/player/resumepositions.js';

function shelf(value = null) {
  return {
    value,
    getItem() {
      return this.value;
    },
    setItem(_key, text) {
      this.value = text;
    },
  };
}

test('how far one has watched is remembered', () => {
  const storage = shelf();
  new ResumePositions(() => storage).set('a', 754.9, 3600);
  new ResumePositions(() => storage).set('b', 20, 3600);
  assert.equal(new ResumePositions(() => storage).get('a'), 754);
  assert.equal(new ResumePositions(() => storage).get('c'), 0);
});

test('barely begun and nearly over count as not begun', () => {
  const positions = new ResumePositions(() => here);
  const here = shelf();
  positions.set('a', 9, 3600);
  assert.equal(positions.get('a'), 0);
  positions.set('a', 600, 3600);
  positions.set('a', 3590, 3600);
  assert.equal(positions.get('a'), 0);
});

test('the oldest are forgotten', () => {
  const storage = shelf();
  const positions = new ResumePositions(() => storage);
  for (let i = 0; i < 80; i++) positions.set(`r${i}`, 100, 3600);
  assert.equal(JSON.parse(storage.value).length, 50);
  assert.equal(positions.get('r29'), 0);
  assert.equal(positions.get('r30'), 100);
});

test('whatever is stored does no harm', () => {
  for (const stored of ['', '{', '{}', '5', '[5,null,{},[]]', '[["a","x"]]', '[["a",-4]]', '[["a",null]]', '[[7,100]]']) {
    const positions = new ResumePositions(() => shelf(stored));
    assert.equal(positions.get('a'), 0, stored);
    positions.set('a', 100, 3600);
  }
});

test('without storage nothing is remembered and nothing breaks', () => {
  const positions = new ResumePositions(() => {
    throw new Error('forbidden');
  });
  positions.set('a', 100, 3600);
  assert.equal(positions.get('a'), 0);
});
