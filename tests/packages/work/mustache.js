// templates
import Mustache from 'mustache';

export default function work() {
  return Mustache.render('{{#rows}}{{name}},{{/rows}}{{^none}}-{{/none}}{{{raw}}}{{> part}}', { rows: [{ name: '<a>' }, { name: 'ü' }], raw: '<b>' }, { part: '[{{rows.length}}]' });
}
