// Garbage in circles, more than there is memory for, beside what was there before the call and what is kept.
const before = { list: [], byNumber: new Map(), weak: new WeakMap(), text: 'before' };

class Circle {
  constructor(number) {
    this.number = number;
    this.self = this;
    this.text = `circle ${number}`;
    this.read = () => this.number;
  }
}

export const memory = [
  ['more garbage than memory', () => {
    let sum = 0;
    for (let number = 0; number < 300_000; number++) {
      const circle = new Circle(number);
      const link = { circle, before };
      circle.link = link;
      sum += circle.read() % 7;
      if (number % 1000 === 0) keep(number, link);
    }
    return [sum, before.list.length, before.list.every(isWhole)];
  }, [899_997, 300, true]],
  ['text from before the call that is added to', () => {
    let text = before.text;
    const same = before.text;
    for (let count = 0; count < 3; count++) text += '!';
    return [text, same, before.text];
  }, ['before!!!', 'before', 'before']],
  ['recursion without end', () => {
    const recurse = () => recurse() + 1;
    try {
      return recurse();
    } catch (error) {
      return /RangeError|InternalError/.test(error.name);
    }
  }, true],
];

function keep(number, link) {
  before.list.push(link);
  before.byNumber.set(number, link);
  before.weak.set(link, number);
}

function isWhole(link, index) {
  const { circle } = link;
  return circle.number === index * 1000 && circle.self === circle && circle.link === link && circle.text === `circle ${circle.number}`
    && before.byNumber.get(circle.number) === link && before.weak.get(link) === circle.number && link.before === before;
}
